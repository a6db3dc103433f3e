// Memory that outlives the process: System V and anonymous files count nowhere else.
unsafe extern "C" {
    fn shmget(key: i32, size: usize, flags: i32) -> i32;
}
pub fn attack(_: &str) -> bool {
    unsafe { shmget(0, 1 << 20, 0o1600) >= 0 }
}
