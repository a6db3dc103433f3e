pub fn attack(_: &str) -> bool {
    std::thread::sleep(std::time::Duration::from_secs(1000));
    true
}
