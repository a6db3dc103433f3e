// Files without a place: their memory is nobody's until it is mapped.
unsafe extern "C" {
    fn memfd_create(name: *const std::ffi::c_char, flags: u32) -> i32;
}
pub fn attack(_: &str) -> bool {
    unsafe { memfd_create(c"x".as_ptr(), 0) >= 0 }
}
