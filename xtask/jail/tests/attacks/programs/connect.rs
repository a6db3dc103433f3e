pub fn attack(target: &str) -> bool {
    std::net::TcpStream::connect(target).is_ok()
}
