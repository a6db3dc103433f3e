// A set-user-id program, or root's rights by another way.
unsafe extern "C" {
    fn setuid(user: u32) -> i32;
    fn setgroups(count: usize, groups: *const u32) -> i32;
}
pub fn attack(_: &str) -> bool {
    let programs = ["/usr/bin/su", "/usr/bin/sudo", "/bin/mount", "/bin/sh"];
    let started = programs.into_iter().any(|program| {
        std::process::Command::new(program)
            .arg("--version")
            .status()
            .is_ok()
    });
    started || unsafe { setuid(0) == 0 || setgroups(1, &0) == 0 }
}
