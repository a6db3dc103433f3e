//! RabbitMQ, started by us on free ports, with everything it keeps in a temporary folder.
//!
//! It speaks AMQP 0-9-1 and, by plugins that Debian's package brings, AMQP 1.0 and MQTT over TCP
//! and WebSocket.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use arena::loopback;
use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::{Instant, sleep};

/// Debian's own start script changes user and home, so this one.
const SERVER: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// Erlang's register of nodes.
const EPMD: &str = "epmd";

/// How long it may take to start.
const LIMIT: Duration = Duration::from_secs(90);

/// How often it is started: somebody else may have been quicker to take a port.
const TRIES: usize = 3;

/// How many of its last lines are shown when it does not start.
const LAST_LINES: usize = 10;

/// A node of our own. Dropped, it is killed.
#[derive(Debug)]
pub struct RabbitMq {
    /// Where it speaks AMQP.
    pub amqp: SocketAddr,
    /// Where it speaks MQTT.
    pub mqtt: SocketAddr,
    /// Where it speaks MQTT over WebSocket.
    pub web: SocketAddr,
    node: Box<dyn ChildWrapper>,
    _register: Box<dyn ChildWrapper>,
    folder: TempDir,
}

impl RabbitMq {
    /// Whether it is installed.
    pub fn is_here() -> bool {
        Path::new(SERVER).exists()
    }

    /// Starts it, and waits until it listens.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let mut started = Self::try_to_start().await;
        for _ in 1..TRIES {
            if started.is_ok() {
                break;
            }
            started = Self::try_to_start().await;
        }
        started
    }

    async fn try_to_start() -> anyhow::Result<Self> {
        let folder = TempDir::new().context("no temporary folder for RabbitMQ")?;
        let [amqp, mqtt, web, register, nodes] = free().await?;
        let configuration = folder.path().join("rabbitmq.conf");
        fs::write(&configuration, settings(amqp, mqtt, web))?;
        let plugins = folder.path().join("plugins");
        fs::write(
            &plugins,
            "[rabbitmq_mqtt,rabbitmq_web_mqtt,rabbitmq_amqp1_0].\n",
        )?;

        // Started here, so that it ends with the node: Erlang's own would stay.
        let mut epmd = Command::new(EPMD);
        epmd.args([
            "-address",
            "127.0.0.1",
            "-port",
            &register.port().to_string(),
        ]);
        let mut register_runs = spawn(epmd).context("Erlang's epmd")?;
        // A node that does not find one starts another, which stays.
        listens(register, &mut register_runs)
            .await
            .context("Erlang's epmd")?;

        let mut node = Command::new(SERVER);
        node.env("RABBITMQ_NODENAME", "bench@localhost")
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", amqp.port().to_string())
            .env("RABBITMQ_DIST_PORT", nodes.port().to_string())
            .env("RABBITMQ_MNESIA_BASE", folder.path())
            .env("RABBITMQ_LOG_BASE", folder.path())
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", &plugins)
            .env("RABBITMQ_CONFIG_FILE", &configuration)
            .env("HOME", folder.path())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("ERL_EPMD_PORT", register.port().to_string())
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-kernel inet_dist_use_interface {127,0,0,1}",
            );
        let mut rabbit = Self {
            amqp,
            mqtt,
            web,
            node: spawn(node).context("RabbitMQ")?,
            _register: register_runs,
            folder,
        };
        rabbit.wait().await?;
        Ok(rabbit)
    }

    async fn wait(&mut self) -> anyhow::Result<()> {
        for address in [self.amqp, self.mqtt, self.web] {
            let listens = listens(address, &mut self.node).await;
            listens.with_context(|| format!("RabbitMQ. Its last words:\n{}", self.last_words()))?;
        }
        Ok(())
    }

    /// The last errors that it has written to its logs.
    fn last_words(&self) -> String {
        let files = fs::read_dir(self.folder.path()).into_iter().flatten();
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

/// Waits until something listens there, while the process runs that should.
async fn listens(address: SocketAddr, process: &mut Box<dyn ChildWrapper>) -> anyhow::Result<()> {
    let begun = Instant::now();
    while TcpStream::connect(address).await.is_err() {
        if let Some(status) = process.try_wait()? {
            bail!("it ends while it starts ({status})");
        }
        ensure!(
            begun.elapsed() < LIMIT,
            "it does not listen after {} s. Is this machine busy?",
            LIMIT.as_secs()
        );
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// With a group of its own, which is killed as a whole: the server is a script that starts others.
fn spawn(mut command: Command) -> anyhow::Result<Box<dyn ChildWrapper>> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut wrapped = CommandWrap::from(command);
    #[cfg(unix)]
    wrapped.wrap(process_wrap::tokio::ProcessGroup::leader());
    #[cfg(windows)]
    wrapped.wrap(process_wrap::tokio::JobObject);
    wrapped.spawn().context("it does not start")
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        // All of the group; dropped, its first process ends only.
        let _ = self.node.start_kill();
    }
}

/// It cannot say which ports it took, so they are chosen for it: free ones, and none of those that
/// systems give to whoever connects, for it takes seconds until it listens.
async fn free<const N: usize>() -> anyhow::Result<[SocketAddr; N]> {
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

fn settings(amqp: SocketAddr, mqtt: SocketAddr, web: SocketAddr) -> String {
    let port = web.port();
    format!(
        "listeners.tcp.default = {amqp}\n\
         mqtt.listeners.tcp.1 = {mqtt}\n\
         mqtt.allow_anonymous = true\n\
         mqtt.default_user = guest\n\
         mqtt.default_pass = guest\n\
         web_mqtt.tcp.ip = 127.0.0.1\n\
         web_mqtt.tcp.port = {port}\n"
    )
}
