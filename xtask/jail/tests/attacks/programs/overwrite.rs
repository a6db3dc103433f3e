// A journal, say: append, cut short, replace, remove.
pub fn attack(target: &str) -> bool {
    use std::fs;
    let append = fs::OpenOptions::new().append(true).open(target).is_ok();
    let cut = fs::OpenOptions::new()
        .write(true)
        .open(target)
        .is_ok_and(|file| file.set_len(0).is_ok());
    let moved = fs::rename(target, format!("{target}-old")).is_ok();
    append || cut || moved || fs::remove_file(target).is_ok()
}
