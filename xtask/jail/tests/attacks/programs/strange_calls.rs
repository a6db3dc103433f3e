// io_uring, bpf, userfaultfd, keyctl, perf_event_open, and the x32 twin of `socket`.
unsafe extern "C" {
    fn syscall(number: i64, a: usize, b: usize, c: usize, d: usize, e: usize) -> i64;
}
pub fn attack(_: &str) -> bool {
    let parameters = [0_u8; 256];
    let pointer = parameters.as_ptr() as usize;
    #[cfg(target_arch = "x86_64")]
    let calls = [
        (425, 4, pointer),
        (321, 0, pointer),
        (323, 0, 0),
        (250, 0, 0),
        (298, pointer, 0),
        (0x4000_0000 + 41, 1, 1),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let calls = [
        (425, 4, pointer),
        (280, 0, pointer),
        (282, 0, 0),
        (219, 0, 0),
        (241, pointer, 0),
    ];
    calls
        .into_iter()
        .any(|(number, a, b)| unsafe { syscall(number, a, b, 0, 0, 0) } >= 0)
}
