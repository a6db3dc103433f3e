use std::os::unix::fs::{PermissionsExt, chown};
pub fn attack(target: &str) -> bool {
    std::fs::set_permissions(target, std::fs::Permissions::from_mode(0o777)).is_ok()
        || chown(target, None, Some(0)).is_ok()
        || std::fs::set_permissions(
            std::env::current_exe().unwrap(),
            std::fs::Permissions::from_mode(0o777),
        )
        .is_ok()
}
