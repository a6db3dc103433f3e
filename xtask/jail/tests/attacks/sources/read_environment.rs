const STOLEN: Option<&str> = option_env!("CARGO_MANIFEST_DIR");
fn main() {
    println!("{STOLEN:?}");
}
