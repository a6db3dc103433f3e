pub fn attack(_: &str) -> bool {
    ["/etc/passwd", "/etc/shadow", "/etc/hostname"]
        .iter()
        .any(|file| std::fs::read(file).is_ok())
}
