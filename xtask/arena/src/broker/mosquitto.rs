//! Mosquitto, started by us on a free port with a configuration of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

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

/// A Mosquitto of our own.
#[derive(Debug)]
pub struct Mosquitto {
    address: SocketAddr,
    /// Killed when dropped.
    process: Child,
    _folder: Option<TempDir>,
}

impl Mosquitto {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let mut last = String::new();
        for _ in 0..TRIES {
            // Mosquitto cannot say which port it took, so one is chosen for it.
            let address = TcpListener::bind(loopback::at(0)).await?.local_addr()?;
            match Self::start_at(address).await? {
                Ok(broker) => return Ok(broker),
                Err(words) => last = words,
            }
        }
        bail!("mosquitto does not start. Its last words:\n{last}")
    }

    async fn start_at(address: SocketAddr) -> anyhow::Result<Result<Self, String>> {
        let folder = TempDir::new()?;
        let configuration = folder.path().join("mosquitto.conf");
        fs::write(
            &configuration,
            format!(
                "listener {} {}\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n\
                 log_dest stderr\nlog_type all\nconnection_messages true\n",
                address.port(),
                address.ip()
            ),
        )?;
        let started = Self::start_with(&configuration, address).await?;
        Ok(started.map(|broker| Self {
            _folder: Some(folder),
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
        let stderr = process.stderr.take().context("mosquitto has no stderr")?;
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

fn spawn(arguments: &[&std::ffi::OsStr]) -> anyhow::Result<Child> {
    for place in PLACES {
        let spawned = Command::new(place)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        match spawned {
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
