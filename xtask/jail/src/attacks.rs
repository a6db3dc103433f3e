//! The probe's attacks, from outside: what is set up for each, and how its outcome is told.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{self, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::attacker::{ROLE, STOPPED, THROUGH};
use crate::probe::{Attack, Finding, Probe};
use crate::report::{Bound, Ending, Report};
use crate::spec::Spec;
use crate::wrapper::Wrapper;

/// A process that was ended lets go of its output at once; this is for a machine under load.
const PATIENCE: Duration = Duration::from_secs(3);

/// Tries every attack once.
pub(crate) fn all(wrapper: &Wrapper, scratch: &Path) -> io::Result<Probe> {
    let range = Range::new(wrapper, scratch)?;
    // This one must work; without it the others mean nothing.
    let report = match range.attempt("connect", &range.allowed.to_string(), |_| ())? {
        (Some(THROUGH), report) => report,
        (
            _,
            Report {
                ending: Ending::NotStarted(reason),
                ..
            },
        ) => return Ok(Probe::none(reason)),
        (status, report) => {
            return Ok(Probe::none(format!(
                "A program in the jail cannot reach its own broker ({status:?}, {:?}).",
                report.ending
            )));
        }
    };
    let findings = vec![
        range.stops(Attack::ReadOutside, "read", &range.secret)?,
        range.stops(Attack::WriteOutside, "write", &range.secret)?,
        range.stops(Attack::ChangeMode, "chmod", &range.secret)?,
        range.stops(Attack::OtherPort, "connect", &range.other_port)?,
        range.stops(Attack::OtherAddress, "connect", &range.other_address)?,
        range.stops(Attack::FastOpen, "fast-open", &range.other_port)?,
        range.stops(Attack::Udp, "udp", &range.allowed)?,
        range.stops(Attack::UnixSocket, "unix", &range.unix)?,
        range.stops(Attack::Signal, "signal", &process::id())?,
        Finding::new(Attack::Daemon, range.ends_daemon()?),
        Finding::new(Attack::Orphan, range.ends_orphan()?),
        Finding::new(Attack::Memory, range.bounds_memory()?),
        range.stops_starting()?,
        Finding::new(Attack::LargeFile, range.bounds_files()?),
    ];
    Ok(Probe {
        sandbox: true,
        findings,
        notes: report.reduced,
    })
}

/// The targets, and the wrapper to lock the attacker up with.
struct Range<'a> {
    wrapper: &'a Wrapper,
    binary: String,
    folder: Folder,
    secret: String,
    unix: String,
    allowed: SocketAddr,
    other_port: SocketAddr,
    other_address: SocketAddr,
    /// Kept open until the last attack.
    _listeners: (TcpListener, TcpListener, TcpListener, UnixListener),
}

impl<'a> Range<'a> {
    fn new(wrapper: &'a Wrapper, scratch: &Path) -> io::Result<Self> {
        let folder = Folder::new(scratch)?;
        let secret = folder.path.join("secret");
        fs::write(&secret, "an instructor's file")?;
        // Whoever the attacker is: only the jail shall stop it.
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o666))?;
        let unix = folder.path.join("socket");
        let unix_listener = UnixListener::bind(&unix)?;
        fs::set_permissions(&unix, fs::Permissions::from_mode(0o777))?;
        let (allowed, elsewhere) = same_port_twice()?;
        let other = TcpListener::bind("127.0.0.1:0")?;
        Ok(Self {
            wrapper,
            binary: text(wrapper.binary())?,
            secret: text(&secret)?,
            unix: text(&unix)?,
            allowed: allowed.local_addr()?,
            other_port: other.local_addr()?,
            other_address: elsewhere.local_addr()?,
            folder,
            _listeners: (allowed, elsewhere, other, unix_listener),
        })
    }

    fn spec(&self) -> Spec {
        Spec::run(&[self.allowed.port()]).reporting_to(self.folder.path.join("report.json"))
    }

    fn command(&self, spec: &Spec, attack: &str, target: &str) -> Command {
        let mut command = self.wrapper.command(spec, &self.binary);
        command
            .args([ROLE, attack, target])
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// One attack: its exit status, and the wrapper's report.
    fn attempt(
        &self,
        attack: &str,
        target: &str,
        change: impl FnOnce(&mut Spec),
    ) -> io::Result<(Option<i32>, Report)> {
        let mut spec = self.spec();
        change(&mut spec);
        let status = self
            .command(&spec, attack, target)
            .stdout(Stdio::null())
            .status()?;
        let report = spec
            .report
            .as_deref()
            .map_or_else(|| Err(io::ErrorKind::NotFound.into()), Report::read)?;
        Ok((status.code(), report))
    }

    fn stops(&self, attack: Attack, name: &str, target: &impl ToString) -> io::Result<Finding> {
        let (status, _) = self.attempt(name, &target.to_string(), |_| ())?;
        Ok(Finding::new(attack, status == Some(STOPPED)))
    }

    /// Starts `attack`, whose child holds the output, and calls `end` once the child is up.
    fn output_ends(
        &self,
        attack: &str,
        end: impl FnOnce(&mut process::Child) -> io::Result<()>,
    ) -> io::Result<bool> {
        let mut wrapper = self
            .command(&self.spec(), attack, &self.binary)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut output = BufReader::new(wrapper.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let announced = output.read_line(&mut String::new());
        end(&mut wrapper)?;
        wrapper.wait()?;
        announced?;
        Ok(ends(output))
    }

    fn ends_daemon(&self) -> io::Result<bool> {
        self.output_ends("daemon", |_| Ok(()))
    }

    fn ends_orphan(&self) -> io::Result<bool> {
        self.output_ends("orphan", process::Child::kill)
    }

    fn bounds_memory(&self) -> io::Result<bool> {
        let (_, report) = self.attempt("memory", &self.binary, |spec| {
            spec.limits.resident = 64 * 1024 * 1024
        })?;
        Ok(report.ending == Ending::Limit(Bound::Memory))
    }

    fn stops_starting(&self) -> io::Result<Finding> {
        let (status, report) =
            self.attempt("processes", &self.binary, |spec| spec.limits.processes = 8)?;
        // Refused by the kernel or, if it is slow enough to be seen, ended by the watch.
        let bounded = status == Some(STOPPED) || report.ending == Ending::Limit(Bound::Processes);
        Ok(Finding::new(Attack::Processes, bounded))
    }

    fn bounds_files(&self) -> io::Result<bool> {
        let folder = self.folder.path.join("writable");
        fs::create_dir(&folder)?;
        let (_, report) = self.attempt("large-file", &text(&folder)?, |spec| {
            spec.writable = vec![folder.clone()];
            spec.limits.file_size = 1024 * 1024;
            spec.limits.disk = 1024 * 1024 * 1024;
        })?;
        Ok(report.ending == Ending::Limit(Bound::FileSize))
    }
}

/// Whether the pipe closes within `PATIENCE`.
fn ends(mut output: BufReader<ChildStdout>) -> bool {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let ended = io::copy(&mut output.by_ref(), &mut io::sink());
        let _ = tell.send(ended.is_ok());
    });
    told.recv_timeout(PATIENCE).unwrap_or(false)
}

/// The same free port on two addresses of this machine; the second stands for another machine.
fn same_port_twice() -> io::Result<(TcpListener, TcpListener)> {
    let mut last = io::Error::other("no port tried");
    for _ in 0..16 {
        let here = TcpListener::bind("127.0.0.1:0")?;
        match TcpListener::bind(("127.0.0.2", here.local_addr()?.port())) {
            Ok(there) => return Ok((here, there)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn text(path: &Path) -> io::Result<String> {
    let unreadable = || io::Error::other(format!("{} is not Unicode", path.display()));
    path.to_str().map(str::to_owned).ok_or_else(unreadable)
}

/// A temporary folder that others may enter, since the jail's user is another.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new(scratch: &Path) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("probe-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let path = scratch.join(name);
        // Fails if it exists, so nobody else has put anything there.
        DirBuilder::new().mode(0o755).create(&path)?;
        File::open(&path)?.set_permissions(fs::Permissions::from_mode(0o755))?;
        Ok(Self { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
