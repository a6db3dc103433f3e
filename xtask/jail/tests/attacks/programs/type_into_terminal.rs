unsafe extern "C" {
    fn ioctl(descriptor: i32, request: u64, argument: *const u8) -> i32;
}
pub fn attack(_: &str) -> bool {
    const TIOCSTI: u64 = 0x5412;
    (0..3).any(|descriptor| unsafe { ioctl(descriptor, TIOCSTI, b"x".as_ptr()) } == 0)
        || std::fs::File::open("/dev/tty").is_ok()
}
