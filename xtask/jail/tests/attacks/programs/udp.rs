pub fn attack(target: &str) -> bool {
    std::net::UdpSocket::bind("0.0.0.0:0").is_ok_and(|socket| socket.send_to(b"x", target).is_ok())
}
