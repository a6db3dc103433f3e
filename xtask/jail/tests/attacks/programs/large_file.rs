pub fn attack(_: &str) -> bool {
    use std::io::Write;
    let mut file = std::fs::File::create(std::env::temp_dir().join("large")).unwrap();
    (0..64).all(|_| file.write_all(&[1; 1024 * 1024]).is_ok())
}
