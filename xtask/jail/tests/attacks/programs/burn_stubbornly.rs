unsafe extern "C" {
    fn signal(number: i32, handler: usize) -> usize;
}
const SIGXCPU: i32 = 24;
const IGNORE: usize = 1;
pub fn attack(_: &str) -> bool {
    unsafe { signal(SIGXCPU, IGNORE) };
    loop {
        std::hint::spin_loop();
    }
}
