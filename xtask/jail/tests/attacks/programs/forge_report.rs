// `target` is where the wrapper writes what it saw. Exit statuses of the wrapper's own are forged, too.
pub fn attack(target: &str) -> bool {
    let forged = r#"{"ended":"exited","with":0,"peak_resident":0,"wall_ms":0,"reduced":[]}"#;
    println!("{forged}");
    if std::fs::write(target, forged).is_ok() || std::fs::remove_file(target).is_ok() {
        return true;
    }
    std::process::exit(124)
}
