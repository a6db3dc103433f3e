pub fn attack(_: &str) -> bool {
    ["/home", "/root", "/var"]
        .iter()
        .any(|folder| std::fs::read_dir(folder).is_ok())
}
