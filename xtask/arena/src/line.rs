//! The line between one program and the broker: it records every packet and can be cut.

mod link;
mod pass;
mod relay;
mod state;
mod withheld;

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
use crate::record::{Record, Sender};
use crate::wire::ConnectReturnCode;
use relay::Relay;
use state::{Flow, State};

pub use link::{Link, Plain, Stream, Tcp, Welcome};
pub use withheld::Answer;

/// As many connections a line serves at once. Programs of the lessons have one, or two in the
/// moment between an old one and a new.
pub const MOST_CONNECTIONS: usize = 16;

/// A TCP relay. Each packet is recorded before it is passed on, so a packet that had an effect is
/// always in the record before the effect.
#[derive(Debug)]
pub struct Line {
    /// Its own place, and the login that the broker asks for.
    entrance: Endpoint,
    link: Arc<dyn Link>,
    state: watch::Sender<State>,
    held: watch::Receiver<usize>,
    withheld: watch::Receiver<usize>,
    open: watch::Receiver<usize>,
    told: watch::Receiver<usize>,
    trouble: Arc<Trouble>,
    relay: JoinHandle<()>,
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
    /// Opens a line to `broker` on a free loopback port, over plain TCP. What may cross it is in the record's
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
        Self::open_over(Arc::new(Plain), broker, clock, record).await
    }

    /// As [`Line::open`], over another link between program and line. From the line to the broker
    /// it is plain TCP.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn open_over(
        link: Arc<dyn Link>,
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
        let (state, states) = watch::channel(State::open(broker.address));
        let (held, holds) = watch::channel(0);
        let (withheld, kept_back) = watch::channel(0);
        let (open, connections) = watch::channel(0);
        let (told, ends) = watch::channel(0);
        let trouble = Arc::<Trouble>::default();
        let relay = Relay {
            link: Arc::clone(&link),
            state: states,
            held,
            withheld,
            open,
            told,
            crossed: Arc::default(),
            trouble: Arc::clone(&trouble),
            clock,
            record,
        };
        let door = Door::new(listener, MOST_CONNECTIONS);
        let relay = tokio::spawn(relay.serve(door));
        Ok(Self {
            entrance,
            link,
            state,
            held: holds,
            withheld: kept_back,
            open: connections,
            told: ends,
            trouble,
            relay,
        })
    }

    /// What `NIGHTLIGHT_BROKER` is set to.
    pub fn url(&self) -> String {
        self.link.url(&self.entrance)
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

    /// Ends all connections at once, without a word: the broker publishes the program's will. New
    /// ones are welcome.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cut(false));
    }

    /// Ends all connections at once and tells the broker DISCONNECT in the program's place: no
    /// will is published. New ones are welcome.
    pub fn cut_with_goodbye(&self) {
        self.state.send_modify(|state| state.cut(true));
    }

    /// Ends the broker's side of all connections, without a word, and leaves the program's open:
    /// what it sends is lost, and it hears nothing any more. New ones are welcome.
    pub fn half_open(&self) {
        self.state.send_modify(|state| state.halve(false));
    }

    /// Ends all connections as a broker does that shuts down: the program reads what was sent, then the
    /// end, and what it still sends is lost without an error. New ones are welcome. After
    /// [`Line::cut`] the system may throw away what the program has not read. Waits until the end is
    /// there to be read.
    pub async fn close(&self) {
        let mut told = self.told.clone();
        let before = *told.borrow_and_update();
        self.state.send_modify(|state| state.halve(true));
        tokio::select! {
            // It ends with the relay, which lives as long as the line.
            _ = told.wait_for(|told| *told > before) => {}
            // Who has hung up needs not be told.
            () = self.is_idle() => {}
        }
    }

    /// Loses everything that one end sends, without an error, until [`Line::up`].
    pub fn lose(&self, from: Sender) {
        self.state.send_modify(|state| match from {
            Sender::Program => state.loses_programs = true,
            Sender::Broker => state.loses_brokers = true,
        });
    }

    /// From now on each packet takes so long, in each direction. Of what is under way, the order
    /// stays.
    pub fn delay(&self, delay: Duration) {
        self.state.send_modify(|state| state.delay = delay);
    }

    /// Cuts the line and refuses new connections until [`Line::up`].
    pub fn down(&self) {
        self.state.send_modify(|state| {
            state.cut(false);
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

    /// Keeps back every such answer until [`Line::up`]. Whatever else is said passes. What a connection
    /// still keeps back when it ends is lost.
    pub fn withhold(&self, answer: Answer) {
        self.state
            .send_modify(|state| state.withholds = Some(answer));
    }

    /// Waits until at least so many answers are kept back.
    pub async fn withholds(&self, answers: usize) {
        // It ends with the relay, which lives as long as the line.
        let kept = |kept: &usize| *kept >= answers;
        let _ = self.withheld.clone().wait_for(kept).await;
    }

    /// Lets go one answer that is kept back, the oldest.
    pub fn release(&self) {
        self.state.send_modify(|state| state.released += 1);
    }

    /// Waits until no connection is open: whatever a program that is gone has said is recorded then.
    pub async fn is_idle(&self) {
        // It ends with the relay, which lives as long as the line.
        let _ = self.open.clone().wait_for(|open| *open == 0).await;
    }

    /// The line works again: nothing is refused, held, kept back or lost. A delay stays.
    pub fn up(&self) {
        self.state.send_modify(|state| {
            state.flow = Flow::Open;
            state.withholds = None;
            (state.loses_programs, state.loses_brokers) = (false, false);
        });
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

    /// From now on each CONNACK says that the client is not authorized (return code 5, MQTT 3.1.1
    /// section 3.2.2.3), or no longer. The broker itself knows nothing of it: the connection is
    /// closed, as a broker that refuses somebody has to.
    pub fn turn_away(&self, turn_away: bool) {
        let code = turn_away.then_some(ConnectReturnCode::NotAuthorized);
        self.turn_away_with(code);
    }

    /// The same with another return code, or none.
    pub fn turn_away_with(&self, code: Option<ConnectReturnCode>) {
        self.state.send_modify(|state| state.turns_away = code);
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
