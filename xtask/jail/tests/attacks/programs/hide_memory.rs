// Memory that is let go of and stays, in nobody's resident set: shared, or lent to a pipe.
use std::os::fd::AsRawFd;
unsafe extern "C" {
    fn mmap(at: *mut u8, length: usize, access: i32, flags: i32, file: i32, from: i64) -> *mut u8;
    fn madvise(at: *mut u8, length: usize, advice: i32) -> i32;
    fn vmsplice(pipe: i32, parts: *const (*const u8, usize), count: usize, flags: u32) -> isize;
}
const READ_AND_WRITE: i32 = 3;
const SHARED: i32 = 1;
const OF_NO_FILE: i32 = 0x20;
const NOT_NEEDED: i32 = 4;
fn stays(flags: i32, file: i32) -> bool {
    let page = unsafe { mmap(std::ptr::null_mut(), 4096, READ_AND_WRITE, flags, file, 0) };
    if page as isize == -1 {
        return false;
    }
    unsafe {
        page.write_volatile(7);
        madvise(page, 4096, NOT_NEEDED);
        page.read_volatile() == 7
    }
}
pub fn attack(_: &str) -> bool {
    let zeros = std::fs::File::options().read(true).write(true).open("/dev/zero");
    let (_out, into) = std::io::pipe().unwrap();
    let lent = ([7; 64].as_ptr(), 64);
    stays(SHARED | OF_NO_FILE, -1)
        || zeros.is_ok_and(|zeros| stays(SHARED, zeros.as_raw_fd()))
        || unsafe { vmsplice(into.as_raw_fd(), &raw const lent, 1, 0) > 0 }
}
