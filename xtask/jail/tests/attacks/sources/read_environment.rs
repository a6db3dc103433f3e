const STOLEN: Option<&str> = option_env!("INSTRUCTORS_SECRET");
fn main() {
    println!("{STOLEN:?}");
}
