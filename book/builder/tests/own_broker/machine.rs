//! Mosquitto on this machine, and where it may run.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

/// How long Mosquitto may take until it listens.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Between two attempts to reach it.
pub const PAUSE: Duration = Duration::from_millis(20);

/// A folder that Mosquitto may read when it gives up the rights of root.
pub fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Where Mosquitto is. Debian keeps it out of ordinary users' search path.
pub fn mosquitto() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders
        .map(|folder| folder.join("mosquitto"))
        .find(|program| program.is_file());
    if found.is_none() {
        assert!(
            env::var_os("NIGHTLIGHT_NO_SKIP").is_none(),
            "Mosquitto is not installed"
        );
        println!("skipped: Mosquitto is not installed");
    }
    found
}
