// Leaves the session, holds the output, stops every signal it can.
unsafe extern "C" {
    fn fork() -> i32;
    fn setsid() -> i32;
    fn signal(number: i32, handler: usize) -> usize;
    fn prctl(option: i32, a: u64, b: u64, c: u64, d: u64) -> i32;
}
pub fn attack(_: &str) -> bool {
    const PR_SET_PDEATHSIG: i32 = 1;
    unsafe {
        if fork() == 0 {
            setsid();
            if fork() == 0 {
                prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
                for number in 1..32 {
                    signal(number, 1);
                }
                println!("daemon");
                std::thread::sleep(std::time::Duration::from_secs(1000));
            }
            std::process::exit(0);
        }
    }
    std::thread::sleep(std::time::Duration::from_millis(50));
    false
}
