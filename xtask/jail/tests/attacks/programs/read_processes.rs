// Command lines and environments of other processes: `target` is the grader's process id.
pub fn attack(target: &str) -> bool {
    ["environ", "cmdline", "maps", "mem"].iter().any(|file| {
        std::fs::read(format!("/proc/{target}/{file}")).is_ok_and(|text| !text.is_empty())
    }) || std::fs::read_dir("/proc").is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            std::fs::read(entry.path().join("environ")).is_ok_and(|text| !text.is_empty())
        })
    })
}
