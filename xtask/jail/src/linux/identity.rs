//! Root gives itself up: the program runs as a user nobody else is.

use std::fs;
use std::io;
use std::os::unix::fs::lchown;
use std::path::Path;

use nix::unistd::{Gid, Uid, geteuid, getpid, setgroups, setresgid, setresuid};

/// Above every range that distributions and container managers hand out (systemd's list of user id
/// ranges calls 1879048192 to 2147483647 unused), and with room for any process id below 2^31.
const FIRST_USER: u32 = 1_900_000_000;

/// A user of this one jail, so that two jails can neither signal nor starve each other.
#[derive(Clone, Copy)]
pub(super) struct Identity {
    id: u32,
}

impl Identity {
    /// The jail's own user when this process is root; an ordinary user stays who they are.
    pub(super) fn for_this_jail() -> Option<Self> {
        geteuid().is_root().then(|| Self {
            id: FIRST_USER.saturating_add_signed(getpid().as_raw()),
        })
    }

    /// Hands `folder` and all it holds over. Links are not followed.
    pub(super) fn hand_over(self, folder: &Path) -> io::Result<()> {
        lchown(folder, Some(self.id), Some(self.id))?;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                self.hand_over(&entry.path())?;
            } else {
                lchown(entry.path(), Some(self.id), Some(self.id))?;
            }
        }
        Ok(())
    }

    /// Becomes this user, for good; the kernel drops every capability with the last root id.
    pub(super) fn assume(self) -> nix::Result<()> {
        let (user, group) = (Uid::from_raw(self.id), Gid::from_raw(self.id));
        setgroups(&[])?;
        setresgid(group, group, group)?;
        setresuid(user, user, user)
    }
}
