//! The LED of the machine itself, read from outside through QEMU's monitor: what the firmware tells the
//! board of its LED is only its own word.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use arena::board::VirtualBoard;
use arena::broker::{Broker, BrokerChoice};
use arena::clock::Clock;
use arena::loopback;
use arena::peer::Peer;
use arena::process::{Delivery, Launch, Supervised};
use arena::record::{Entry, Event, Record, Stream};
use checks::compile::compile;
use checks::subject::Subject;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::super::root;

/// Nobody waits so long who passes.
const LIMIT: Duration = Duration::from_secs(20);

/// How long until a command is given once more.
const AGAIN: Duration = Duration::from_secs(1);

/// The register of the LEDs at AN386's FPGA: the first one is the lowest bit.
const LEDS: &str = "xp /1wx 0x40028000";

const ID: &str = "lamp";

/// QEMU's monitor, which speaks JSON, an object a line.
struct Monitor(BufReader<TcpStream>);

impl Monitor {
    /// It greets, and wants to be greeted.
    async fn met(stream: TcpStream) -> anyhow::Result<Self> {
        let mut monitor = Self(BufReader::new(stream));
        monitor.hear().await?;
        monitor
            .ask(&json!({ "execute": "qmp_capabilities" }))
            .await?;
        Ok(monitor)
    }

    async fn hear(&mut self) -> anyhow::Result<Value> {
        let mut line = String::new();
        self.0.read_line(&mut line).await?;
        serde_json::from_str(&line).context("QEMU's monitor has gone")
    }

    async fn ask(&mut self, command: &Value) -> anyhow::Result<Value> {
        let line = format!("{command}\n");
        self.0.get_mut().write_all(line.as_bytes()).await?;
        loop {
            // What happens meanwhile is said in between.
            let mut answer = self.hear().await?;
            if let Some(answer) = answer.get_mut("return") {
                return Ok(answer.take());
            }
            ensure!(answer.get("error").is_none(), "{answer}");
        }
    }

    /// Whether the machine's own LED is on.
    async fn lamp(&mut self) -> anyhow::Result<bool> {
        let arguments = json!({ "command-line": LEDS });
        let command = json!({ "execute": "human-monitor-command", "arguments": arguments });
        let said = self.ask(&command).await?;
        let said = said.as_str().context("no text")?.trim();
        // `0000000040028000: 0x00000001`
        match said.rsplit_once(": 0x") {
            Some((_, value)) => Ok(u32::from_str_radix(value, 16)? & 1 == 1),
            None => bail!("what is that? {said}"),
        }
    }
}

/// What the board is told and what the register says are one, command after command.
pub async fn shines_as_told() -> anyhow::Result<()> {
    let built = compile(&root()?, &Subject::Solutions, course::firmware()).await?;
    let program: PathBuf = built.programs.first().context("no program")?.1.clone();
    let broker = Broker::start(&BrokerChoice::Embedded).await?;
    let (clock, record) = (Arc::<Clock>::default(), Arc::<Record>::default());
    let board = VirtualBoard::start(Arc::clone(&clock), Arc::clone(&record)).await?;
    let listener = TcpListener::bind(loopback::at(0)).await?;
    let port = listener.local_addr()?.port();
    let monitor = format!(
        "-chardev socket,id=monitor,host=127.0.0.1,port={port} -mon chardev=monitor,mode=control"
    );
    let folder = TempDir::new()?;
    let launch = Launch {
        program,
        arguments: Vec::new(),
        settings: BTreeMap::from([
            ("NIGHTLIGHT_ID", ID.to_owned()),
            ("NIGHTLIGHT_BROKER", format!("mqtt://{}", broker.address())),
            ("NIGHTLIGHT_BOARD", board.url()),
            ("EMULATOR_QEMU", monitor),
        ]),
        delivery: Delivery::Environment,
        folder: folder.path().to_owned(),
    };
    let mut process = Supervised::start(&launch, clock, Arc::clone(&record))?;
    let (stream, _) = tokio::time::timeout(LIMIT, listener.accept()).await??;
    let mut monitor = Monitor::met(stream).await?;

    // Subscribed: what is published now arrives.
    let peer = Peer::connect(broker.address(), "operator").await?;
    ensure!(
        !monitor.lamp().await?,
        "it is lit before anybody has said so"
    );
    let online = |entries: &[Entry]| {
        let said = |entry: &Entry| matches!(&entry.event, Event::Printed { stream: Stream::Out, text } if text.contains("connected"));
        entries.iter().any(said).then_some(())
    };
    record
        .when(0, LIMIT, online)
        .await
        .map_err(|why| anyhow::anyhow!("{why}"))?;
    for on in [true, false, true] {
        tokio::time::timeout(LIMIT, told(&peer, &record, on))
            .await
            .with_context(|| format!("the board never hears led_on {on}"))??;
        ensure!(
            monitor.lamp().await? == on,
            "the board hears led_on {on}, and the machine's own LED is another"
        );
    }
    process.stop().await;
    Ok(())
}

/// Commands until the board has heard of it: the SUBSCRIBE may still be under way at first.
async fn told(peer: &Peer, record: &Record, on: bool) -> anyhow::Result<()> {
    let start = record.len();
    loop {
        let command = json!({ "led_on": on }).to_string();
        peer.publish(&format!("{ID}/commands"), command).await?;
        let heard = |entries: &[Entry]| {
            let led = |entry: &Entry| matches!(entry.event, Event::Led(led) if led == on);
            entries.iter().any(led).then_some(())
        };
        if record.when(start, AGAIN, heard).await.is_ok() {
            return Ok(());
        }
    }
}
