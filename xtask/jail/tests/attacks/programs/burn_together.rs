// Several processes, each below the limit of one; the first only waits.
unsafe extern "C" {
    fn fork() -> i32;
}
pub fn attack(_: &str) -> bool {
    for _ in 0..4 {
        if unsafe { fork() } == 0 {
            loop {
                std::hint::spin_loop();
            }
        }
    }
    std::thread::sleep(std::time::Duration::from_secs(1000));
    true
}
