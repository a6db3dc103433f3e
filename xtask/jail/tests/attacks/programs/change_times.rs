unsafe extern "C" {
    fn utimensat(folder: i32, path: *const std::ffi::c_char, times: *const u8, flags: i32) -> i32;
}
pub fn attack(target: &str) -> bool {
    let path = std::ffi::CString::new(target).unwrap();
    unsafe { utimensat(-100, path.as_ptr(), std::ptr::null(), 0) == 0 }
}
