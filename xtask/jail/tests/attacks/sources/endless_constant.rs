#![allow(long_running_const_eval)]
const FOREVER: u64 = {
    let mut count = 0_u64;
    while count < u64::MAX {
        count = count.wrapping_add(1) & 0xffff;
    }
    count
};
fn main() {
    println!("{FOREVER}");
}
