unsafe extern "C" {
    fn unshare(flags: i32) -> i32;
    fn mount(from: *const u8, to: *const u8, kind: *const u8, flags: u64, data: *const u8) -> i32;
    fn chroot(path: *const u8) -> i32;
}
pub fn attack(_: &str) -> bool {
    let (from, to) = (b"x\0".as_ptr(), b"/usr\0".as_ptr());
    unsafe {
        [0x1000_0000, 0x0002_0000, 0x2000_0000, 0x4000_0000]
            .into_iter()
            .any(|flag| unshare(flag) == 0)
            || mount(from, to, b"tmpfs\0".as_ptr(), 0, from) == 0
            || chroot(to) == 0
    }
}
