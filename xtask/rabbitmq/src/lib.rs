//! RabbitMQ, started by us on free ports of loopback, with everything it keeps in a temporary folder:
//! one node, or several as a cluster.
//!
//! It speaks AMQP 0-9-1 and, by plugins that Debian's package brings, AMQP 1.0 and MQTT over TCP
//! and WebSocket. It was tried with version 3.10.8; later ones keep other things of MQTT.

mod node;
mod process;

use std::path::Path;

use anyhow::{Context, bail};
use futures_util::future::select_all;
use tempfile::TempDir;
use tokio::process::Command;

use node::{Common, SERVER, free};
pub use node::{Node, Sessions};
use process::Process;

/// Erlang's register of nodes.
const EPMD: &str = "epmd";

/// How often it is started: somebody else may have been quicker to take a port.
const TRIES: usize = 3;

/// Nodes of our own that are one broker. Dropped, they are killed.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Node>,
    register: Process,
    /// Goes last.
    _folder: TempDir,
}

impl Cluster {
    /// Whether RabbitMQ is installed.
    pub fn is_here() -> bool {
        Path::new(SERVER).exists()
    }

    /// Starts `count` nodes, at least one, and waits until all of them listen.
    ///
    /// # Errors
    /// When RabbitMQ is not installed, or does not start.
    pub async fn start(count: usize, sessions: Sessions) -> anyhow::Result<Self> {
        if !Self::is_here() {
            bail!(
                "RabbitMQ is not installed (Debian: `sudo apt install rabbitmq-server`; on other \
                 systems the kit does not know where it is)"
            );
        }
        let mut started = Self::try_to_start(count, sessions).await;
        for _ in 1..TRIES {
            if started.is_ok() {
                break;
            }
            started = Self::try_to_start(count, sessions).await;
        }
        started
    }

    async fn try_to_start(count: usize, sessions: Sessions) -> anyhow::Result<Self> {
        let folder = TempDir::new().context("no temporary folder for RabbitMQ")?;
        let [register] = free().await?;
        // Started here, so that it ends with the nodes: Erlang's own would stay.
        let mut epmd = Command::new(EPMD);
        let port = register.port().to_string();
        epmd.args(["-address", "127.0.0.1", "-port", &port]);
        let mut register_runs = Process::start(epmd).context("Erlang's epmd")?;
        // A node that does not find one starts another, which stays.
        let listens = register_runs.listens(register).await;
        listens.context("Erlang's epmd")?;

        let common = Common {
            sessions,
            register,
            folder: folder.path(),
        };
        let mut nodes = Vec::with_capacity(count);
        for number in 1..=count.max(1) {
            let first = nodes.first().map(|first: &Node| first.name.clone());
            let mut node = Node::begin(&common, number, first.as_deref()).await?;
            if nodes.is_empty() {
                // Who joins must find it.
                node.listens().await?;
            }
            nodes.push(node);
        }
        for node in &mut nodes {
            node.listens().await?;
        }
        Ok(Self {
            nodes,
            register: register_runs,
            _folder: folder,
        })
    }

    /// Those that were not killed, in the order of their names.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Kills the node at this place at once, as a power cut does, and says its name; the others move
    /// up.
    pub async fn kill(&mut self, place: usize) -> Option<String> {
        if place >= self.nodes.len() {
            return None;
        }
        let mut node = self.nodes.remove(place);
        node.kill().await;
        Some(node.name)
    }

    /// Waits until one of them ends by itself, and says which.
    pub async fn one_ended(&mut self) -> Option<String> {
        if self.nodes.is_empty() {
            return None;
        }
        let waiting = self.nodes.iter_mut().map(|node| Box::pin(node.ended()));
        let ((), place, _) = select_all(waiting).await;
        Some(self.nodes.remove(place).name)
    }

    /// What all nodes have in memory, in bytes, where the system tells.
    pub fn memory(&self) -> Option<u64> {
        self.nodes.iter().map(Node::memory).sum()
    }

    /// Ends all of them, and waits until they are gone.
    pub async fn end(mut self) {
        for node in &mut self.nodes {
            node.kill().await;
        }
        self.register.kill().await;
    }
}
