// Leaves the session, holds the output, ignores every signal it can.
use std::io::{Read, Write};
unsafe extern "C" {
    fn fork() -> i32;
    fn setsid() -> i32;
    fn signal(number: i32, handler: usize) -> usize;
    fn prctl(option: i32, a: u64, b: u64, c: u64, d: u64) -> i32;
}
const PR_SET_PDEATHSIG: i32 = 1;
const IGNORE: usize = 1;
pub fn attack(_: &str) -> bool {
    let (mut up, mut tell) = std::io::pipe().unwrap();
    unsafe {
        if fork() == 0 {
            setsid();
            if fork() == 0 {
                prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
                for number in 1..32 {
                    signal(number, IGNORE);
                }
                println!("daemon");
                tell.write_all(b"x").unwrap();
                std::thread::sleep(std::time::Duration::from_secs(1000));
            }
            std::process::exit(0);
        }
    }
    up.read_exact(&mut [0]).is_err()
}
