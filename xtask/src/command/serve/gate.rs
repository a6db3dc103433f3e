//! WebSocket beside a served broker: a program of its own, so that nobody else builds it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use arena::loopback;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::command::package::WEBSOCKET;
use crate::{forwarding, port};

/// Where pages shall come in.
pub struct Gate {
    program: PathBuf,
    address: SocketAddr,
}

/// Where pages come in. Dropped, it ends.
pub struct Open {
    _process: Child,
    address: SocketAddr,
}

impl Gate {
    /// Builds what takes WebSocket on this port of 127.0.0.1, the first time. `way_out` is the
    /// command that takes a free one.
    ///
    /// # Errors
    /// When the port is taken, or it does not build.
    pub fn prepare(root: &Path, port: u16, way_out: &str) -> anyhow::Result<Self> {
        let address = loopback::at(port);
        port::is_free(address, "a broker", way_out)?;
        let program = WEBSOCKET.program(root, "arena-websocket")?;
        Ok(Self { program, address })
    }

    /// Opens it for a broker that listens already, also to pages with these names.
    ///
    /// # Errors
    /// When it does not start, or the port is taken by now.
    pub async fn open(self, broker: SocketAddr, names: &[String]) -> anyhow::Result<Open> {
        let forwarded = forwarding::name_of(self.address.port());
        let mut process = Command::new(&self.program)
            .args(["--listen", &self.address.to_string()])
            .args(["--broker", &broker.to_string()])
            .args(names.iter().flat_map(|name| ["--allow-host", name]))
            .args(forwarded.iter().flat_map(|name| ["--allow-host", name]))
            // It ends with this process, however that ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("what takes WebSocket does not start")?;
        let said = process.stdout.take().context("it has no output")?;
        let first = BufReader::new(said).lines().next_line().await;
        let address = first.ok().flatten().and_then(|line| line.parse().ok());
        let address = address.context("what takes WebSocket has ended; the line above says why")?;
        Ok(Open {
            _process: process,
            address,
        })
    }
}

impl Open {
    /// Where clients find it.
    pub fn url(&self) -> String {
        format!("ws://{}/mqtt", self.address)
    }

    /// The page that is a client of whoever has this id. Without one, it asks.
    pub fn page(&self, id: Option<&str>) -> String {
        let site = match forwarding::name_of(self.address.port()) {
            Some(name) => format!("https://{name}"),
            None => format!("http://{}", self.address),
        };
        let whose = id.map_or(String::new(), |id| format!("?id={id}"));
        format!("{site}/{whose}")
    }
}
