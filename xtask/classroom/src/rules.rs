//! Mosquitto's configuration: listeners, users and topic rights.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::certificates::{BROKER, BROKER_KEY};
use crate::folder::Folder;
use crate::passwords::Passwords;
use crate::place::Place;
use crate::roster::{Roster, TEACHER};

const HASHES: &str = "mosquitto/passwords";
const RIGHTS: &str = "mosquitto/rights";
const CONFIGURATION: &str = "mosquitto/mosquitto.conf";

/// Mosquitto's own program for its password files; only it knows how they are hashed.
const PROGRAM: &str = "mosquitto_passwd";

/// Writes everything that Mosquitto reads, and returns where its configuration is.
///
/// # Errors
/// When the folder cannot be written, or Mosquitto is not installed.
pub fn write(
    folder: &Folder,
    place: &Place,
    roster: &Roster,
    passwords: &Passwords,
) -> anyhow::Result<PathBuf> {
    // Who is not on today's list does not get in.
    let hashes = folder.write(HASHES, &passwords.lines(roster.everybody()))?;
    hash(&hashes)?;
    let rights = folder.write(RIGHTS, &rights())?;
    let mut text = format!(
        "listener {port} {ip}\n\
         certfile {certificate}\n\
         keyfile {key}\n\
         allow_anonymous false\n\
         password_file {hashes}\n\
         acl_file {rights}\n\
         persistence false\n\
         set_tcp_nodelay true\n\
         log_dest stderr\n\
         log_type all\n\
         connection_messages true\n",
        port = place.address().port(),
        ip = place.address().ip(),
        certificate = folder.path(BROKER).display(),
        key = folder.path(BROKER_KEY).display(),
        hashes = hashes.display(),
        rights = rights.display(),
    );
    if belongs_to_root(&hashes)? {
        // It would become a user who may not read the folder.
        writeln!(text, "user root")?;
    }
    folder.write(CONFIGURATION, &text)
}

/// The access control list: everybody below their own id, which is the user name; the teacher reads
/// all.
fn rights() -> String {
    format!("user {TEACHER}\ntopic read #\n\npattern readwrite %u/#\n")
}

/// Replaces the passwords in the file by their hashes. On no command line is there a password.
fn hash(file: &Path) -> anyhow::Result<()> {
    let output = match Command::new(PROGRAM).arg("-U").arg(file).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
            "{PROGRAM} is not there. It comes with Mosquitto (Debian: `apt install mosquitto`, \
             macOS: `brew install mosquitto`)"
        ),
        Err(error) => return Err(error).context(format!("{PROGRAM} does not start")),
    };
    if !output.status.success() {
        bail!(
            "{PROGRAM} fails: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}

#[cfg(unix)]
fn belongs_to_root(file: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(std::fs::metadata(file)?.uid() == 0)
}

#[cfg(not(unix))]
fn belongs_to_root(_file: &Path) -> std::io::Result<bool> {
    Ok(false)
}
