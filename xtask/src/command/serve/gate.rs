//! WebSocket beside a served broker: a program of its own, so that nobody else builds it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use arena::loopback;
use tokio::process::{Child, Command};

use crate::command::package::WEBSOCKET;
use crate::port;

/// Where pages shall come in.
pub struct Gate {
    program: PathBuf,
    address: SocketAddr,
}

impl Gate {
    /// Builds what takes WebSocket on this port of 127.0.0.1, the first time.
    ///
    /// # Errors
    /// When the port is taken, or it does not build.
    pub fn prepare(root: &Path, port: u16) -> anyhow::Result<Self> {
        let address = loopback::at(port);
        port::is_free(address, "a broker", "cargo xtask broker --ws 0")?;
        let program = WEBSOCKET.program(root, "arena-websocket")?;
        Ok(Self { program, address })
    }

    /// Opens it for a broker that listens already; it says by itself where it is. Dropped, it ends.
    ///
    /// # Errors
    /// When it does not start.
    pub fn open(self, broker: SocketAddr, names: &[String]) -> anyhow::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .args(["--listen", &self.address.to_string()])
            .args(["--broker", &broker.to_string()])
            .args(names.iter().flat_map(|name| ["--allow-host", name]))
            .kill_on_drop(true);
        command
            .spawn()
            .context("what takes WebSocket does not start")
    }
}
