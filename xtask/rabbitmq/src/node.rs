//! One node: its ports, its settings, its process.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use arena::loopback;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::process::Process;

/// Debian's own start script changes user and home, so this one.
pub const SERVER: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// How many of its last lines are shown when it does not start.
const LAST_LINES: usize = 10;

/// Erlang's threads do not spin while they have nothing to do: here they share processors with
/// others. What nodes say to each other stays on loopback.
const ERLANG: &str =
    "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none";

/// A node of our own. Dropped, it is killed.
#[derive(Debug)]
pub struct Node {
    /// Its number among the nodes, from 1.
    pub number: usize,
    /// Its name among the nodes.
    pub name: String,
    /// Where it speaks AMQP.
    pub amqp: SocketAddr,
    /// Where it speaks MQTT.
    pub mqtt: SocketAddr,
    /// Where it speaks MQTT over WebSocket, at `/ws`.
    pub web: SocketAddr,
    process: Process,
    folder: PathBuf,
}

/// Where sessions are that the broker keeps: subscriptions, and what waits in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sessions {
    /// On the node that the client came to first (classic queues), as RabbitMQ does by itself.
    #[default]
    OnOneNode,
    /// On several nodes, which agree by majority (quorum queues).
    Replicated,
}

/// What the nodes of a cluster have in common.
#[derive(Debug)]
pub struct Common<'a> {
    /// Where kept sessions are.
    pub sessions: Sessions,
    /// Where Erlang's register of nodes listens.
    pub register: SocketAddr,
    /// Where they keep what they keep, and the cookie by which they know each other.
    pub folder: &'a Path,
}

impl Node {
    /// Starts the one with this number, and does not wait until it listens. It joins the node of this
    /// name, or is the first.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn begin(
        common: &Common<'_>,
        number: usize,
        joins: Option<&str>,
    ) -> anyhow::Result<Self> {
        let name = format!("node{number}@localhost");
        let [amqp, mqtt, web, nodes] = free().await?;
        let folder = common.folder.join(&name);
        fs::create_dir_all(&folder)?;
        let configuration = folder.join("rabbitmq.conf");
        let settings = settings([amqp, mqtt, web], common.sessions, joins);
        fs::write(&configuration, settings)?;
        let plugins = folder.join("plugins");
        fs::write(
            &plugins,
            "[rabbitmq_mqtt,rabbitmq_web_mqtt,rabbitmq_amqp1_0].\n",
        )?;
        let mut server = Command::new(SERVER);
        server
            // Where it leaves its dumps.
            .current_dir(&folder)
            .env("RABBITMQ_NODENAME", &name)
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", amqp.port().to_string())
            .env("RABBITMQ_DIST_PORT", nodes.port().to_string())
            .env("RABBITMQ_MNESIA_BASE", &folder)
            .env("RABBITMQ_LOG_BASE", &folder)
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", &plugins)
            .env("RABBITMQ_CONFIG_FILE", &configuration)
            .env("HOME", common.folder)
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("ERL_EPMD_PORT", common.register.port().to_string())
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", ERLANG);
        Ok(Self {
            number,
            name,
            amqp,
            mqtt,
            web,
            process: Process::start(server).context("RabbitMQ")?,
            folder,
        })
    }

    /// Waits until it listens.
    ///
    /// # Errors
    /// When it does not, with what it said last.
    pub async fn listens(&mut self) -> anyhow::Result<()> {
        for address in [self.amqp, self.mqtt, self.web] {
            let listens = self.process.listens(address).await;
            listens.with_context(|| format!("RabbitMQ. Its last words:\n{}", self.last_words()))?;
        }
        Ok(())
    }

    /// Kills it at once, as a power cut does.
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Waits until it ends, which it does not do by itself.
    pub async fn ended(&mut self) {
        self.process.ended().await;
    }

    /// What all its processes have in memory, in bytes, where the system tells.
    pub fn memory(&self) -> Option<u64> {
        let group = self.process.group()?;
        let resident = fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| {
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // After the name, which is in brackets: state, parent, group.
            let its_group = stat.rsplit_once(')')?.1.split_whitespace().nth(2)?;
            let status = fs::read_to_string(entry.path().join("status")).ok()?;
            (its_group == group.to_string()).then(|| resident(&status))?
        });
        Some(resident.sum())
    }

    /// The last errors that it has written to its logs.
    fn last_words(&self) -> String {
        let files = fs::read_dir(&self.folder).into_iter().flatten();
        let logs = files.filter_map(|file| {
            let path = file.ok()?.path();
            let is_log = path.extension().is_some_and(|extension| extension == "log");
            is_log.then(|| fs::read_to_string(path).ok()).flatten()
        });
        let words: Vec<String> = logs
            .map(|log| {
                // What it says later is only how it ends.
                let lines = log.lines().filter(|line| line.contains("[error]"));
                let lines: Vec<&str> = lines.collect();
                lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
            })
            .collect();
        words.join("\n")
    }
}

/// In bytes, from what `/proc/<process>/status` says (proc(5)).
fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// It cannot say which ports it took, so they are chosen for it: free ones, and none of those that
/// systems give to whoever connects, for it takes seconds until it listens.
pub async fn free<const N: usize>() -> anyhow::Result<[SocketAddr; N]> {
    let mut held = Vec::new();
    let mut addresses = [loopback::at(0); N];
    for address in &mut addresses {
        let mut tries = 0..100;
        let listener = loop {
            tries.next().context("no free port on 127.0.0.1")?;
            let candidate = loopback::at(fastrand::u16(20_000..30_000));
            if let Ok(listener) = TcpListener::bind(candidate).await {
                break listener;
            }
        };
        *address = listener.local_addr()?;
        held.push(listener);
    }
    Ok(addresses)
}

/// Whoever joins asks the one that is named (RabbitMQ's guide, "Cluster Formation and Peer
/// Discovery"). By itself a node sends ten messages ahead of their acknowledgements, fewer than a
/// device of step 8 may leave open.
fn settings([amqp, mqtt, web]: [SocketAddr; 3], sessions: Sessions, joins: Option<&str>) -> String {
    let port = web.port();
    let queues = match sessions {
        Sessions::OnOneNode => "classic",
        Sessions::Replicated => "quorum",
    };
    let joins = joins.map_or_else(String::new, |first| {
        format!(
            "cluster_formation.peer_discovery_backend = classic_config\n\
             cluster_formation.classic_config.nodes.1 = {first}\n"
        )
    });
    format!(
        "listeners.tcp.default = {amqp}\n\
         mqtt.listeners.tcp.1 = {mqtt}\n\
         mqtt.allow_anonymous = true\n\
         mqtt.default_user = guest\n\
         mqtt.default_pass = guest\n\
         mqtt.prefetch = 1000\n\
         mqtt.durable_queue_type = {queues}\n\
         web_mqtt.tcp.ip = 127.0.0.1\n\
         web_mqtt.tcp.port = {port}\n\
         {joins}"
    )
}
