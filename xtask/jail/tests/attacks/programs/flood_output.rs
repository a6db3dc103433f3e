pub fn attack(_: &str) -> bool {
    use std::io::Write;
    let line = [b'x'; 65536];
    loop {
        let _ = std::io::stdout().write_all(&line);
    }
}
