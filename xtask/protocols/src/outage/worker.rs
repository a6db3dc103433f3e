//! A device that sends one message after the other by itself.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::Outbox;
use crate::protocol::{Device, Protocol};

/// How long it rests before it tries again.
const REST: Duration = Duration::from_millis(100);

/// What it does when a message was not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    /// Goes on with the next.
    Never,
    /// Sends it again, over a new connection, until it is.
    UntilConfirmed,
}

/// Has its messages sent by a task of its own, which ends with it.
#[derive(Debug)]
pub struct Worker {
    messages: mpsc::UnboundedSender<Vec<u8>>,
    working: tokio::task::JoinHandle<()>,
}

impl Worker {
    /// Starts it. It waits at most `patience` for a confirmation.
    pub fn start<P>(protocol: P, server: SocketAddr, resend: Resend, patience: Duration) -> Self
    where
        P: Protocol + Send + 'static,
    {
        let (messages, waiting) = mpsc::unbounded_channel();
        // Protocols need not say that their futures may move between threads; so it has one.
        let working = tokio::task::spawn_local(work(protocol, server, resend, patience, waiting));
        Self { messages, working }
    }
}

impl Outbox for Worker {
    fn put(&mut self, message: Vec<u8>) -> anyhow::Result<()> {
        self.messages.send(message).context("the device has ended")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.working.abort();
    }
}

async fn work<P: Protocol>(
    protocol: P,
    server: SocketAddr,
    resend: Resend,
    patience: Duration,
    mut waiting: mpsc::UnboundedReceiver<Vec<u8>>,
) {
    let mut connected: Option<P::Device> = None;
    while let Some(message) = waiting.recv().await {
        loop {
            let trial = async {
                let mut device = match connected.take() {
                    Some(device) => device,
                    None => protocol.connect(server).await?,
                };
                device.send(&message).await?;
                anyhow::Ok(device)
            };
            if let Ok(Ok(device)) = timeout(patience, trial).await {
                connected = Some(device);
                break;
            }
            if resend == Resend::Never {
                break;
            }
            sleep(REST).await;
        }
    }
}
