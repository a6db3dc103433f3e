/// No attack: says much, and ends right after the last word.
pub fn attack(target: &str) -> bool {
    use std::io::Write;
    std::net::TcpStream::connect(target).is_ok_and(|mut connection| {
        connection.write_all(&[b'.'; 4 << 20]).is_ok() && connection.write_all(b"goodbye").is_ok()
    })
}
