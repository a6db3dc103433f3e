//! The line between one program and the broker: it records every packet and can be cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::broker::Endpoint;
use crate::clock::Clock;
use crate::loopback;
use crate::record::{Event, Record, Sender};
use crate::wire::{Frame, Framer};

/// A TCP relay. Each packet is recorded before it is passed on, so a packet that had an effect is
/// always in the record before the effect.
#[derive(Debug)]
pub struct Line {
    /// Its own place, and the login that the broker asks for.
    entrance: Endpoint,
    state: watch::Sender<State>,
    held: watch::Receiver<usize>,
    relay: JoinHandle<()>,
}

/// How many packets a held line keeps for one side before it stops to read more.
const MOST_HELD: usize = 1_000;

/// Where the line leads, and whether it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    broker: SocketAddr,
    flow: Flow,
    /// Counts the cuts: a connection made before the last one is dead.
    cuts: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Open,
    /// Connections stay, nothing gets through: a mobile network in a tunnel.
    Held,
    /// Every attempt to connect fails at once.
    Down,
}

#[derive(Clone)]
struct Relay {
    state: watch::Receiver<State>,
    /// How many packets for the program were held back since the line was held.
    held: watch::Sender<usize>,
    clock: Arc<Clock>,
    record: Arc<Record>,
}

impl Line {
    /// Opens a line to `broker` on a free loopback port.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn open(
        broker: impl Into<Endpoint>,
        clock: Arc<Clock>,
        record: Arc<Record>,
    ) -> anyhow::Result<Self> {
        let broker = broker.into();
        let listener = TcpListener::bind(loopback::at(0)).await?;
        let entrance = Endpoint {
            address: listener.local_addr()?,
            login: broker.login,
        };
        let (state, states) = watch::channel(State {
            broker: broker.address,
            flow: Flow::Open,
            cuts: 0,
        });
        let (held, holds) = watch::channel(0);
        let relay = Relay {
            state: states,
            held,
            clock,
            record,
        };
        let relay = tokio::spawn(relay.serve(listener));
        Ok(Self {
            entrance,
            state,
            held: holds,
            relay,
        })
    }

    /// What `NIGHTLIGHT_BROKER` is set to.
    pub fn url(&self) -> String {
        self.entrance.url()
    }

    /// Where clients find it, and with which login.
    pub fn entrance(&self) -> Endpoint {
        self.entrance.clone()
    }

    /// The port on 127.0.0.1 that it listens on.
    pub fn port(&self) -> u16 {
        self.entrance.address.port()
    }

    /// Ends all connections at once, without a word. New ones are welcome.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// Cuts the line and refuses new connections until [`Line::up`].
    pub fn down(&self) {
        self.state.send_modify(|state| {
            state.cuts += 1;
            state.flow = Flow::Down;
        });
    }

    /// Keeps connections but lets nothing through until [`Line::up`]. What has come by then
    /// arrives in one piece.
    pub fn hold(&self) {
        self.state.send_modify(|state| state.flow = Flow::Held);
    }

    /// Waits until at least this many packets of the broker are held back.
    pub async fn holds(&self, packets: usize) {
        // It ends with the relay, which lives as long as the line.
        let _ = self.held.clone().wait_for(|held| *held >= packets).await;
    }

    /// The line works again.
    pub fn up(&self) {
        self.state.send_modify(|state| state.flow = Flow::Open);
    }

    /// New connections lead to another broker, say the same one after a restart.
    pub fn lead_to(&self, broker: SocketAddr) {
        self.state.send_modify(|state| state.broker = broker);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // Its connections are tasks of its own set and end with it.
        self.relay.abort();
    }
}

impl Relay {
    async fn serve(self, listener: TcpListener) {
        let links = AtomicU32::new(0);
        let mut connections = JoinSet::new();
        loop {
            let Ok((program, _)) = listener.accept().await else {
                continue;
            };
            while connections.try_join_next().is_some() {}
            let link = links.fetch_add(1, Ordering::Relaxed) + 1;
            let state = *self.state.borrow();
            let accepted = state.flow != Flow::Down;
            self.push(Event::Dialled { link, accepted });
            if accepted {
                connections.spawn(self.clone().connect(program, state, link));
            }
        }
    }

    async fn connect(self, program: TcpStream, state: State, link: u32) {
        if let Ok(broker) = TcpStream::connect(state.broker).await {
            // Small packets that answer each other: waiting to fill a segment only delays them.
            let _ = (program.set_nodelay(true), broker.set_nodelay(true));
            let (from_program, to_program) = program.into_split();
            let (from_broker, to_broker) = broker.into_split();
            let mut cut = self.state.clone();
            tokio::select! {
                () = self.clone().pass(from_program, to_broker, link, Sender::Program) => {}
                () = self.clone().pass(from_broker, to_program, link, Sender::Broker) => {}
                _ = cut.wait_for(|now| now.cuts != state.cuts) => {}
            }
        }
        self.push(Event::HungUp { link });
    }

    async fn pass(
        mut self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        link: u32,
        sender: Sender,
    ) {
        let mut framer = Framer::default();
        let mut chunk = vec![0; 16 * 1024];
        let mut held = Vec::new();
        let mut ended = false;
        loop {
            let flows = self.state.borrow_and_update().flow != Flow::Held;
            if flows {
                let delivered = self.deliver(&mut held, &mut to, link, sender).await;
                if delivered.is_err() || ended {
                    return;
                }
            }
            if sender == Sender::Broker {
                self.held.send_replace(held.len());
            }
            tokio::select! {
                read = from.read(&mut chunk), if !ended && held.len() < MOST_HELD => match read {
                    Ok(length @ 1..) => {
                        acknowledge(&from);
                        framer.feed(&chunk[..length]);
                        held.extend(std::iter::from_fn(|| framer.next_frame()));
                    }
                    Ok(0) | Err(_) => ended = true,
                },
                changed = self.state.changed() => if changed.is_err() {
                    return;
                },
            }
        }
    }

    /// Records what has come and passes it on, in as few pieces as it came.
    async fn deliver(
        &self,
        frames: &mut Vec<Frame>,
        to: &mut OwnedWriteHalf,
        link: u32,
        from: Sender,
    ) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        for frame in frames.drain(..) {
            self.push(Event::Packet {
                link,
                from,
                packet: frame.packet,
            });
            bytes.extend_from_slice(&frame.bytes);
        }
        to.write_all(&bytes).await
    }

    fn push(&self, event: Event) {
        self.record.push(self.clock.now(), event);
    }
}

/// Acknowledges what was read at once. A program that writes two small packets keeps the second
/// until the first is acknowledged, and the system puts that off for 40 ms where nobody answers.
#[cfg(target_os = "linux")]
fn acknowledge(from: &OwnedReadHalf) {
    // The system forgets it again, hence after each read. Refused, it only costs time.
    let _ = from.as_ref().set_quickack(true);
}

#[cfg(not(target_os = "linux"))]
fn acknowledge(_: &OwnedReadHalf) {}
