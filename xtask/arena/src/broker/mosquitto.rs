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

/// A Mosquitto of our own.
#[derive(Debug)]
pub struct Mosquitto {
    address: SocketAddr,
    /// Killed when dropped.
    process: Box<dyn ChildWrapper>,
    _folder: Option<TempDir>,
    /// What it keeps over a restart.
    store: Option<Arc<TempDir>>,
}

impl Mosquitto {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_on(None).await
    }

    /// As [`Mosquitto::start`], with a store: sessions, their messages and retained ones survive a
    /// restart.
    ///
    /// # Errors
    /// As [`Mosquitto::start`], or when there is no temporary folder.
    pub async fn with_a_store() -> anyhow::Result<Self> {
        let store = TempDir::new().context("no temporary folder for the broker's store")?;
        Self::start_on(Some(Arc::new(store))).await
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
        *self = Self::start_on(self.store.clone()).await?;
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

    async fn start_on(store: Option<Arc<TempDir>>) -> anyhow::Result<Self> {
        let mut last = String::new();
        for _ in 0..TRIES {
            // Mosquitto cannot say which port it took, so one is chosen for it.
            let address = TcpListener::bind(loopback::at(0)).await?.local_addr()?;
            match Self::start_at(address, store.clone()).await? {
                Ok(broker) => return Ok(broker),
                Err(words) => last = words,
            }
        }
        bail!("mosquitto does not start. Its last words:\n{last}")
    }

    async fn start_at(
        address: SocketAddr,
        store: Option<Arc<TempDir>>,
    ) -> anyhow::Result<Result<Self, String>> {
        let folder = TempDir::new()?;
        let configuration = folder.path().join("mosquitto.conf");
        let keeps = match &store {
            None => "persistence false".to_owned(),
            // Root's Mosquitto would become a user who may not write into a folder of root's. For
            // nobody else this line means anything.
            Some(store) => format!(
                "user root\npersistence true\npersistence_location {}/\n\
                 autosave_on_changes true\nautosave_interval 1",
                store.path().display()
            ),
        };
        fs::write(
            &configuration,
            format!(
                "listener {} {}\nallow_anonymous true\n{keeps}\nset_tcp_nodelay true\n\
                 log_dest stderr\nlog_type all\nconnection_messages true\n",
                address.port(),
                address.ip()
            ),
        )?;
        let started = Self::start_with(&configuration, address).await?;
        Ok(started.map(|broker| Self {
            _folder: Some(folder),
            store,
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
