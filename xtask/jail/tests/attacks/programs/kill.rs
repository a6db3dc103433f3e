unsafe extern "C" {
    fn kill(process: i32, signal: i32) -> i32;
    fn getppid() -> i32;
}
// `target` is a process outside; the parent is the jail's own. Signal 0 only asks.
pub fn attack(target: &str) -> bool {
    let outside = unsafe { kill(target.parse().unwrap(), 0) == 0 };
    outside || unsafe { getppid() > 1 && kill(getppid(), 0) == 0 }
}
