const STOLEN: &str = include_str!("@TARGET@");
fn main() {
    println!("{STOLEN}");
}
