// Each below the limit of one file.
pub fn attack(_: &str) -> bool {
    let folder = std::env::temp_dir().join("deep/er");
    std::fs::create_dir_all(&folder).unwrap();
    for number in 0..100 {
        if std::fs::write(folder.join(number.to_string()), vec![1; 1024 * 1024]).is_err() {
            return false;
        }
    }
    std::thread::sleep(std::time::Duration::from_secs(20));
    true
}
