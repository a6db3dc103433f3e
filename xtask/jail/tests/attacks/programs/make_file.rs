pub fn attack(target: &str) -> bool {
    let name = "nightlight-was-here";
    ["", "/tmp/", "/var/tmp/", "/dev/shm/", "/", "/usr/lib/"]
        .iter()
        .any(|folder| {
            let path = format!("{folder}{name}");
            let made = std::fs::write(&path, "x").is_ok();
            let _ = std::fs::remove_file(path);
            made
        })
        || std::fs::write(format!("{target}-beside"), "x").is_ok()
}
