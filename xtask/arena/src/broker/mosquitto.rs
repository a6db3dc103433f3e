//! Mosquitto, started by us on a free port with a configuration of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;

use super::access::Access;
use crate::loopback;

/// Debian puts it where ordinary users do not look.
const PLACES: [&str; 3] = [
    "mosquitto",
    "/usr/sbin/mosquitto",
    "/usr/local/sbin/mosquitto",
];

/// How often a port that somebody else was quicker to take is tried again.
const TRIES: usize = 5;

/// How long it may take to start.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How long it may take to write its store and end.
#[cfg(unix)]
const END_LIMIT: Duration = Duration::from_secs(10);

/// POSIX's number for the wish that a process may end, on every system we run on.
#[cfg(unix)]
const SIGTERM: i32 = 15;

/// And for the wish that Mosquitto may read its files again.
#[cfg(unix)]
const SIGHUP: i32 = 1;

/// Who may say what, beside its configuration.
const ACL: &str = "acl";

/// A Mosquitto of our own.
#[derive(Debug)]
pub struct Mosquitto {
    address: SocketAddr,
    /// Killed when dropped.
    process: Box<dyn ChildWrapper>,
    _folder: Option<TempDir>,
    /// What it keeps over a restart.
    store: Option<Arc<TempDir>>,
    /// Where it is told who may say what.
    rights: Option<Arc<TempDir>>,
}

impl Mosquitto {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_on(None, None).await
    }

    /// As [`Mosquitto::start`], with a store: sessions, their messages and retained ones survive a
    /// restart.
    ///
    /// # Errors
    /// As [`Mosquitto::start`], or when there is no temporary folder.
    pub async fn with_a_store() -> anyhow::Result<Self> {
        let store = TempDir::new().context("no temporary folder for the broker's store")?;
        Self::start_on(Some(Arc::new(store)), None).await
    }

    /// As [`Mosquitto::start`], and lets its clients do what `access` says. Of that, what is denied to
    /// everybody: nobody is asked for a name.
    ///
    /// # Errors
    /// As [`Mosquitto::start`].
    pub async fn with_access(access: &Access) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        fs::write(folder.path().join(ACL), access.acl())?;
        Self::start_on(None, Some(Arc::new(folder))).await
    }

    /// From now on clients may do what this says, as soon as it has read its file again. Who is
    /// connected stays connected.
    ///
    /// # Errors
    /// When it was started without [`Mosquitto::with_access`], or cannot be told.
    pub fn set_access(&self, access: &Access) -> anyhow::Result<()> {
        let rights = self.rights.as_ref();
        let rights = rights.context("this mosquitto has no file with rights")?;
        fs::write(rights.path().join(ACL), access.acl())?;
        #[cfg(unix)]
        self.process.signal(SIGHUP)?;
        Ok(())
    }

    /// Ends it and starts another one, elsewhere, with the same store if it has one. What it kept in
    /// memory is gone.
    ///
    /// # Errors
    /// As [`Mosquitto::start`].
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        if self.store.is_some() {
            self.end().await;
        }
        *self = Self::start_on(self.store.clone(), self.rights.clone()).await?;
        Ok(())
    }

    /// Lets it write its store.
    async fn end(&mut self) {
        // What is in the store already stays there if it does not end by itself.
        #[cfg(unix)]
        if self.process.signal(SIGTERM).is_ok() {
            let _ = tokio::time::timeout(END_LIMIT, self.process.wait()).await;
        }
        let _ = self.process.start_kill();
        let _ = self.process.wait().await;
    }

    async fn start_on(
        store: Option<Arc<TempDir>>,
        rights: Option<Arc<TempDir>>,
    ) -> anyhow::Result<Self> {
        let mut last = String::new();
        for _ in 0..TRIES {
            // Mosquitto cannot say which port it took, so one is chosen for it.
            let address = TcpListener::bind(loopback::at(0)).await?.local_addr()?;
            match Self::start_at(address, store.clone(), rights.clone()).await? {
                Ok(broker) => return Ok(broker),
                Err(words) => last = words,
            }
        }
        bail!("mosquitto does not start. Its last words:\n{last}")
    }

    async fn start_at(
        address: SocketAddr,
        store: Option<Arc<TempDir>>,
        rights: Option<Arc<TempDir>>,
    ) -> anyhow::Result<Result<Self, String>> {
        let folder = TempDir::new()?;
        let configuration = folder.path().join("mosquitto.conf");
        let mut keeps = match &store {
            None => "persistence false\n".to_owned(),
            Some(store) => format!(
                "persistence true\npersistence_location {}/\nautosave_on_changes true\n\
                 autosave_interval 1\n",
                store.path().display()
            ),
        };
        if let Some(rights) = &rights {
            keeps += &format!("acl_file {}\n", rights.path().join(ACL).display());
        }
        if store.is_some() || rights.is_some() {
            // Root's Mosquitto would become a user who has no way into a folder of root's. For nobody
            // else this line means anything.
            keeps += "user root\n";
        }
        fs::write(
            &configuration,
            format!(
                "listener {} {}\nallow_anonymous true\n{keeps}set_tcp_nodelay true\n\
                 log_dest stderr\nlog_type all\nconnection_messages true\n",
                address.port(),
                address.ip()
            ),
        )?;
        let started = Self::start_with(&configuration, address).await?;
        Ok(started.map(|broker| Self {
            _folder: Some(folder),
            store,
            rights,
            ..broker
        }))
    }

    /// Starts it with a configuration that says to log everything to stderr and to listen at
    /// `address`, and waits until it does. The inner error is what it said instead.
    ///
    /// # Errors
    /// When it is not installed.
    pub async fn start_with(
        configuration: &Path,
        address: SocketAddr,
    ) -> anyhow::Result<Result<Self, String>> {
        let mut process = spawn(&["-c".as_ref(), configuration.as_os_str()])?;
        let stderr = process.stderr().take().context("mosquitto has no stderr")?;
        let mut lines = BufReader::new(stderr).lines();
        let mut words = String::new();
        let started = tokio::time::timeout(START_LIMIT, async {
            while let Ok(Some(line)) = lines.next_line().await {
                words += &line;
                words += "\n";
                if line.contains(" running") {
                    return true;
                }
            }
            false
        });
        if !started.await.unwrap_or(false) {
            return Ok(Err(words));
        }
        // Somebody must read on, or it blocks once the pipe is full.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Ok(Self {
            address,
            process,
            _folder: None,
            store: None,
            rights: None,
        }))
    }

    /// Waits until it ends, which it does not do by itself.
    pub async fn ended(&mut self) {
        // An error means that there is nothing left to wait for.
        let _ = self.process.wait().await;
    }

    /// Its number among the processes of this machine, while it runs.
    pub fn process(&self) -> Option<u32> {
        self.process.id()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn spawn(arguments: &[&std::ffi::OsStr]) -> anyhow::Result<Box<dyn ChildWrapper>> {
    for place in PLACES {
        let mut command = Command::new(place);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        match CommandWrap::from(command).spawn() {
            Ok(process) => return Ok(process),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).context("mosquitto does not start"),
        }
    }
    bail!(
        "mosquitto is not installed (Debian: `apt install mosquitto`, macOS: `brew install \
         mosquitto`)"
    )
}
