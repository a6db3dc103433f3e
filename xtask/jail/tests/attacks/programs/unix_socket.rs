pub fn attack(target: &str) -> bool {
    std::os::unix::net::UnixStream::connect(target).is_ok()
}
