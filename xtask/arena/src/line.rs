//! The line between one program and the broker: it records every packet and can be cut.

mod pass;
mod relay;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::door::Door;
use crate::endpoint::Endpoint;
use crate::loopback;
use crate::record::Record;
use relay::Relay;

/// As many connections a line serves at once. Programs of the lessons have one, or two in the
/// moment between an old one and a new.
pub const MOST_CONNECTIONS: usize = 32;

/// A TCP relay. Each packet is recorded before it is passed on, so a packet that had an effect is
/// always in the record before the effect.
#[derive(Debug)]
pub struct Line {
    /// Its own place, and the login that the broker asks for.
    entrance: Endpoint,
    state: watch::Sender<State>,
    held: watch::Receiver<usize>,
    open: watch::Receiver<usize>,
    trouble: Arc<Trouble>,
    relay: JoinHandle<()>,
}

/// Where the line leads, and whether it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    broker: SocketAddr,
    flow: Flow,
    /// Counts the cuts: a connection made before the last one is dead.
    cuts: u32,
    /// How much later than the broker says it a CONNACK arrives.
    late: Duration,
    /// Whether every subscription is answered with a refusal.
    refuses: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Open,
    /// Connections stay, nothing gets through: a mobile network in a tunnel.
    Held,
    /// Every attempt to connect fails at once.
    Down,
}

/// What first went wrong between the line and the broker.
#[derive(Debug, Default)]
struct Trouble(Mutex<Option<String>>);

impl Trouble {
    fn note(&self, words: impl FnOnce() -> String) {
        let mut trouble = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.get_or_insert_with(words);
    }

    fn told(&self) -> Option<String> {
        let trouble = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.clone()
    }
}

impl Line {
    /// Opens a line to `broker` on a free loopback port. What may cross it is in the record's
    /// [`Budget`](crate::record::Budget): spent, the line is closed for good, and the record says
    /// that it floods.
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
            late: Duration::ZERO,
            refuses: false,
        });
        let (held, holds) = watch::channel(0);
        let (open, connections) = watch::channel(0);
        let trouble = Arc::<Trouble>::default();
        let relay = Relay {
            state: states,
            held,
            open,
            crossed: Arc::default(),
            trouble: Arc::clone(&trouble),
            clock,
            record,
        };
        let door = Door::new(listener, MOST_CONNECTIONS);
        let relay = tokio::spawn(relay.serve(door));
        Ok(Self {
            entrance,
            state,
            held: holds,
            open: connections,
            trouble,
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

    /// Why the broker did not take a connection of the line, if that ever happened. It is the
    /// arena's own failure, whatever the program made of it. A broker that was taken away while
    /// the line was [down](Line::down), or that the line no longer leads to, was not asked for.
    pub fn broker_failed(&self) -> Option<anyhow::Error> {
        self.trouble.told().map(anyhow::Error::msg)
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

    /// Waits until no connection is open: whatever a program that is gone has said is recorded then.
    pub async fn is_idle(&self) {
        // It ends with the relay, which lives as long as the line.
        let _ = self.open.clone().wait_for(|open| *open == 0).await;
    }

    /// The line works again.
    pub fn up(&self) {
        self.state.send_modify(|state| state.flow = Flow::Open);
    }

    /// Lets each CONNACK arrive so much later than the broker has sent it.
    pub fn answer_late(&self, late: Duration) {
        self.state.send_modify(|state| state.late = late);
    }

    /// From now on each SUBACK says that the subscription is refused (return code 0x80, MQTT 3.1.1
    /// section 3.9.3), or no longer. The broker itself knows nothing of it.
    pub fn refuse_subscriptions(&self, refuse: bool) {
        self.state.send_modify(|state| state.refuses = refuse);
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
