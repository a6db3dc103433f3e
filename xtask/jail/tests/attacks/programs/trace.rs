unsafe extern "C" {
    fn ptrace(request: i32, process: i32, address: usize, data: usize) -> i64;
    fn process_vm_readv(
        process: i32,
        to: *const u8,
        count: u64,
        from: *const u8,
        count: u64,
        flags: u64,
    ) -> isize;
}
const ATTACH: i32 = 16;
const TRACE_ME: i32 = 0;
pub fn attack(target: &str) -> bool {
    let process = target.parse().unwrap();
    let nothing = std::ptr::null();
    unsafe {
        ptrace(ATTACH, process, 0, 0) == 0
            || ptrace(TRACE_ME, 0, 0, 0) == 0
            || process_vm_readv(process, nothing, 0, nothing, 0, 0) >= 0
    }
}
