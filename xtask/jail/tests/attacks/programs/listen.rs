// A server that other submissions could find.
pub fn attack(target: &str) -> bool {
    std::net::TcpListener::bind("0.0.0.0:0").is_ok_and(|listener| {
        let port = listener.local_addr().unwrap().port();
        let _ = target;
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    })
}
