fn main() {
    loop {
        print!("dark ");
    }
}
