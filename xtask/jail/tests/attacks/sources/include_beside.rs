const STOLEN: &[u8] = include_bytes!("../../@NAME@");
fn main() {
    println!("{STOLEN:?}");
}
