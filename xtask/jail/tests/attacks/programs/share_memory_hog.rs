// Several processes, each below the limit of one.
unsafe extern "C" {
    fn fork() -> i32;
}
pub fn attack(_: &str) -> bool {
    for _ in 0..8 {
        if unsafe { fork() } == 0 {
            break;
        }
    }
    let memory = vec![1_u8; 100 * 1024 * 1024];
    std::thread::sleep(std::time::Duration::from_secs(20));
    std::hint::black_box(memory).len() > 1
}
