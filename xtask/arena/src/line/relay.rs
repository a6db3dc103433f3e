//! Takes the program's connections and makes one to the broker for each.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::pass::Passage;
use super::{Flow, MOST_CONNECTIONS, State, Trouble};
use crate::clock::Clock;
use crate::door::{Door, Place};
use crate::record::{Event, Flood, Record, Sender};

/// How long a broker may take to accept a connection.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Relay {
    pub(super) state: watch::Receiver<State>,
    /// How many packets for the program were held back since the line was held.
    pub(super) held: watch::Sender<usize>,
    /// How many connections are open.
    pub(super) open: watch::Sender<usize>,
    pub(super) crossed: Arc<Crossed>,
    pub(super) trouble: Arc<Trouble>,
    pub(super) clock: Arc<Clock>,
    pub(super) record: Arc<Record>,
}

/// How many bytes have crossed the line, by who sent them.
#[derive(Debug, Default)]
pub(super) struct Crossed {
    pub(super) program: AtomicU64,
    pub(super) broker: AtomicU64,
}

impl Relay {
    pub(super) async fn serve(self, mut door: Door) {
        let (mut link, mut welcome) = (0, 0);
        let mut connections = JoinSet::new();
        loop {
            let (program, place) = door.next().await;
            while connections.try_join_next().is_some() {}
            if self.record.flooded().is_some() {
                // The program is being ended.
                continue;
            }
            link += 1;
            let state = *self.state.borrow();
            let accepted = state.flow != Flow::Down;
            self.push(Event::Dialled { link, accepted });
            if !accepted {
                continue;
            }
            let Some(place) = place else {
                self.flood(Flood::ConnectionsAtOnce(MOST_CONNECTIONS));
                continue;
            };
            welcome += 1;
            if welcome > self.record.budget().connections {
                self.flood(Flood::Connections(self.record.budget().connections));
                continue;
            }
            self.open.send_modify(|open| *open += 1);
            connections.spawn(self.clone().connect(program, place, state, link));
        }
    }

    async fn connect(self, program: TcpStream, _place: Place, state: State, link: u32) {
        match call(state).await {
            Ok(broker) => {
                let mut cut = self.state.clone();
                tokio::select! {
                    () = self.talk(program, broker, link) => {}
                    _ = cut.wait_for(|now| now.cuts != state.cuts) => {}
                    _ = self.record.flood_begins() => {}
                }
            }
            Err(error) if !self.was_taken_away(state) => {
                let reason = format!(
                    "the broker at {} takes no connection: {error}",
                    state.broker
                );
                self.trouble.note(|| reason.clone());
                self.push(Event::BrokerAway { link, reason });
            }
            Err(_) => {}
        }
        self.push(Event::HungUp { link });
        self.open.send_modify(|open| *open -= 1);
    }

    async fn talk(&self, program: TcpStream, broker: TcpStream, link: u32) {
        // Small packets that answer each other: waiting to fill a segment only delays them.
        let _ = (program.set_nodelay(true), broker.set_nodelay(true));
        let (mut from_program, mut to_program) = program.into_split();
        let (mut from_broker, mut to_broker) = broker.into_split();
        let to_the_broker = Passage::new(self, link, Sender::Program);
        let to_the_program = Passage::new(self, link, Sender::Broker);
        tokio::select! {
            () = to_the_broker.pass(&mut from_program, &mut to_broker) => {}
            () = to_the_program.pass(&mut from_broker, &mut to_program) => {}
        }
    }

    /// Whether whoever holds the line has done something since that explains a missing broker.
    fn was_taken_away(&self, then: State) -> bool {
        let now = *self.state.borrow();
        now.cuts != then.cuts || now.broker != then.broker || now.flow == Flow::Down
    }

    pub(super) fn push(&self, event: Event) {
        self.record.push(self.clock.now(), event);
    }

    pub(super) fn flood(&self, flood: Flood) {
        self.record.flood(self.clock.now(), flood);
    }
}

async fn call(state: State) -> io::Result<TcpStream> {
    match tokio::time::timeout(ANSWER_LIMIT, TcpStream::connect(state.broker)).await {
        Ok(answer) => answer,
        Err(_) => Err(io::Error::other(format!(
            "no answer within {} s",
            ANSWER_LIMIT.as_secs()
        ))),
    }
}
