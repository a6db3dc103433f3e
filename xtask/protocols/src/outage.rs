//! What arrives when the line is cut in the middle.
//!
//! Twenty messages are sent, one after the other, and they have numbers. From the eighth on nothing
//! reaches the device: a reading still arrives, but its answer does not, and a command is lost. Then
//! the line is cut, and stays so until the fifteenth is sent.

mod worker;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::cost::{LIMIT, soon};
use crate::protocol::{Listener, Protocol, Service};
use crate::relay::Relay;
pub use worker::{Resend, Worker};

/// How many messages.
pub const MESSAGES: u32 = 20;

/// The answer to this one is lost.
const UNANSWERED: u32 = 8;

/// After this one the line is mended.
const MENDED: u32 = 15;

/// How fast it goes.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// From one message to the next.
    pub step: Duration,
    /// When nothing new has come for so long, nothing more will.
    pub quiet: Duration,
}

impl Pace {
    /// What the guide's tables are recorded with. A sender of CoAP's asks again after 2, 4 and 8 s,
    /// each up to half as long again (RFC 7252, section 4.2).
    pub const FULL: Self = Self {
        step: Duration::from_millis(200),
        quiet: Duration::from_secs(8),
    };
}

/// Takes messages without waiting until they have arrived.
pub trait Outbox {
    /// Takes one more.
    ///
    /// # Errors
    /// When there is no room.
    fn put(&mut self, message: Vec<u8>) -> anyhow::Result<()>;
}

/// What has arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrived(BTreeMap<u32, usize>);

impl Arrived {
    /// How many different messages.
    pub fn different(&self) -> usize {
        self.0.len()
    }

    /// How many of these more than once.
    pub fn repeated(&self) -> usize {
        self.0.values().filter(|times| **times > 1).count()
    }

    /// Which did not.
    pub fn lost(&self) -> Vec<u32> {
        (1..=MESSAGES)
            .filter(|number| !self.0.contains_key(number))
            .collect()
    }

    fn note(&mut self, message: &[u8]) -> Option<u32> {
        let number = std::str::from_utf8(message).ok()?.parse().ok()?;
        *self.0.entry(number).or_default() += 1;
        Some(number)
    }
}

/// Plays it for readings: `open` gives the device's outbox, which sends to the relay.
///
/// # Errors
/// When an end does not start, or the far end is lost.
pub async fn of_readings<P: Protocol, O: Outbox>(
    protocol: &P,
    pace: Pace,
    open: impl AsyncFnOnce(SocketAddr) -> anyhow::Result<O>,
) -> anyhow::Result<Arrived> {
    let mut service = protocol.serve().await?;
    let relay = Relay::open(protocol.layer(), service.address()).await?;
    let mut outbox = open(relay.address()).await?;
    let mut arrived = Arrived::default();
    for number in 1..=MESSAGES {
        if number == UNANSWERED {
            // All before it are there, and answered.
            catch_up(&mut service, &mut arrived, UNANSWERED - 1).await?;
            sleep(pace.step).await;
            relay.lose_answers();
        }
        let before = relay.traffic().up.bytes;
        outbox.put(number.to_string().into_bytes())?;
        if number == UNANSWERED {
            relay.has_carried_more_than(before, LIMIT).await?;
            // A broker holds one of QoS 2 until its answer is answered.
            let passed_on = catch_up(&mut service, &mut arrived, UNANSWERED);
            if let Ok(failed) = timeout(pace.step, passed_on).await {
                failed?;
            }
            relay.cut();
        }
        sleep(pace.step).await;
        if number == MENDED {
            relay.mend();
        }
    }
    while let Ok(message) = timeout(pace.quiet, service.arrived()).await {
        arrived.note(&message?);
    }
    Ok(arrived)
}

/// Until this one has arrived.
async fn catch_up(
    service: &mut impl Service,
    arrived: &mut Arrived,
    number: u32,
) -> anyhow::Result<()> {
    while !arrived.0.contains_key(&number) {
        let message = soon("for a reading to arrive", service.arrived()).await?;
        arrived.note(&message);
    }
    Ok(())
}

/// Plays it for commands. The device connects again whenever it has lost the line.
///
/// # Errors
/// When an end does not start, or the far end is lost.
pub async fn of_commands<P: Protocol>(protocol: &P, pace: Pace) -> anyhow::Result<Arrived> {
    let mut service = protocol.serve().await?;
    let relay = Relay::open(protocol.layer(), service.address()).await?;
    let (heard, mut commands) = mpsc::unbounded_channel();
    let device = listen(protocol, relay.address(), pace, heard);
    let play = async {
        let mut arrived = Arrived::default();
        // The first thing heard says that it listens.
        soon("to listen", async {
            commands.recv().await.context("the device has ended")
        })
        .await?;
        for number in 1..=MESSAGES {
            if number == UNANSWERED {
                while !arrived.0.contains_key(&(UNANSWERED - 1)) {
                    let heard = timeout(LIMIT, commands.recv()).await;
                    let heard = heard.context("a command did not arrive")?;
                    arrived.note(&heard.context("the device has ended")?);
                }
                sleep(pace.step).await;
                relay.lose_answers();
            }
            service.command(number.to_string().as_bytes()).await?;
            sleep(pace.step).await;
            match number {
                UNANSWERED => relay.cut(),
                MENDED => relay.mend(),
                _ => {}
            }
        }
        while let Ok(Some(command)) = timeout(pace.quiet, commands.recv()).await {
            arrived.note(&command);
        }
        anyhow::Ok(arrived)
    };
    tokio::select! {
        arrived = play => arrived,
        () = device => bail!("the device has stopped to listen"),
    }
}

/// Listens, again and again. An empty message says that it does.
async fn listen<P: Protocol>(
    protocol: &P,
    server: SocketAddr,
    pace: Pace,
    heard: mpsc::UnboundedSender<Vec<u8>>,
) {
    loop {
        if let Ok(Ok(mut listener)) = timeout(LIMIT, protocol.listen(server)).await {
            let _ = heard.send(Vec::new());
            while let Ok(command) = listener.command().await {
                if heard.send(command).is_err() {
                    return;
                }
            }
        }
        sleep(pace.step / 2).await;
    }
}
