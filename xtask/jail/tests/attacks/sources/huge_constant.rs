const fn grow() -> [u8; 1 << 34] {
    [1; 1 << 34]
}
static HUGE: [u8; 1 << 34] = grow();
fn main() {
    println!("{}", HUGE[5]);
}
