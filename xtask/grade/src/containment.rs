//! How a submission's programs are run: each in a jail, which tells afterwards how it ended.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use checks::call::Containment;
use course::verdict::Status;
use jail::{Bound, Ending, Limits, Report, Spec, Wrapper};
use tempfile::TempDir;

/// Longer than all of a step's scenes may take, in milliseconds: the verdict's own limit comes first.
const LONGEST: u64 = 240_000;

/// What a program may write where it keeps files, in bytes.
const DISK: u64 = 16 * 1024 * 1024;

/// The jails of one step's scenes.
#[derive(Debug)]
pub struct Jails {
    wrapper: Wrapper,
    /// Folder of the jails' reports, out of the programs' reach.
    folder: TempDir,
    reports: Mutex<Vec<PathBuf>>,
}

/// A verdict on a program that met a limit.
#[derive(Debug)]
pub struct Over {
    /// Status of the verdict.
    pub status: Status,
    /// Message for the learner.
    pub words: String,
}

impl Jails {
    /// None in use so far.
    ///
    /// # Errors
    /// When there is no temporary folder.
    pub fn new(wrapper: &Wrapper) -> io::Result<Self> {
        Ok(Self {
            wrapper: wrapper.clone(),
            folder: TempDir::new()?,
            reports: Mutex::default(),
        })
    }

    /// What kept a program from starting: an error of ours.
    pub fn problem(&self) -> Option<String> {
        self.endings().into_iter().find_map(|ending| match ending {
            Ending::NotStarted(reason) => Some(format!("the jail: {reason}")),
            _ => None,
        })
    }

    /// The limit that ended one of the programs.
    pub fn over(&self) -> Option<Over> {
        self.endings().into_iter().find_map(|ending| match ending {
            Ending::Limit(bound) => Some(over(bound, &limits())),
            _ => None,
        })
    }

    /// A program that was killed with its jail has none.
    fn endings(&self) -> Vec<Ending> {
        let reports = self.reports.lock().unwrap_or_else(|held| held.into_inner());
        let read = reports.iter().filter_map(|path| Report::read(path).ok());
        read.map(|report| report.ending).collect()
    }
}

impl Containment for Jails {
    fn command(
        &self,
        program: &Path,
        ports: &[u16],
        folder: Option<&Path>,
    ) -> anyhow::Result<std::process::Command> {
        let mut reports = self.reports.lock().unwrap_or_else(|held| held.into_inner());
        let report = self.folder.path().join(format!("{}.json", reports.len()));
        reports.push(report.clone());
        let mut spec = Spec::run(ports).reporting_to(report);
        spec.limits.wall_ms = LONGEST;
        if let Some(folder) = folder {
            spec.writable = vec![folder.to_owned()];
            spec.limits.disk = DISK;
        }
        Ok(self.wrapper.command(&spec, program))
    }
}

/// The bounds of a program that keeps files; of others, which write none, nobody asks about the disk.
fn limits() -> Limits {
    Limits {
        disk: DISK,
        ..Spec::run(&[]).limits
    }
}

/// The verdict on a program that met the limit `bound`.
pub fn over(bound: Bound, limits: &Limits) -> Over {
    const MEGABYTE: u64 = 1024 * 1024;
    let (status, words) = match bound {
        Bound::Cpu => (
            Status::Timeout,
            format!("it kept the processor busy for {} s", limits.cpu_seconds),
        ),
        Bound::Wall => (
            Status::Timeout,
            format!("it took longer than {} s", limits.wall_ms / 1000),
        ),
        Bound::Memory => (
            Status::ResourceLimit,
            format!(
                "it took more than {} MB of memory",
                limits.resident / MEGABYTE
            ),
        ),
        Bound::Processes => (
            Status::ResourceLimit,
            format!("it started more than {} processes", limits.processes),
        ),
        Bound::FileSize => (
            Status::ResourceLimit,
            format!(
                "it wrote a file of more than {} MB",
                limits.file_size / MEGABYTE
            ),
        ),
        Bound::Disk => (
            Status::ResourceLimit,
            format!("it wrote more than {} MB", limits.disk / MEGABYTE),
        ),
    };
    Over { status, words }
}

/// Takes a file over from the jail's user, who made it. The jail has ended by then.
///
/// # Errors
/// When it is not ours to take.
#[cfg(unix)]
pub fn own(file: &Path) -> io::Result<()> {
    use nix::unistd::{getegid, geteuid};
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    std::os::unix::fs::lchown(file, Some(user), Some(group))
}

/// Nothing to do: there are no jails.
#[cfg(not(unix))]
pub fn own(file: &Path) -> io::Result<()> {
    fs::metadata(file).map(drop)
}

/// Lets the jail's user read and enter: run by root, a jail has a user of its own.
///
/// # Errors
/// When it is not ours to change.
#[cfg(unix)]
pub fn open_to_all(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// Nothing to do: there are no jails.
#[cfg(not(unix))]
pub fn open_to_all(path: &Path) -> io::Result<()> {
    fs::metadata(path).map(drop)
}
