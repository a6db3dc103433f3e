//! Takes the program's connections and makes one to the broker for each.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::link::{Link, Stream, Tcp};
use super::pass::Passage;
use super::state::{Flow, State};
use super::{MOST_CONNECTIONS, Trouble};
use crate::clock::Clock;
use crate::door::{Door, Place};
use crate::record::{Event, Flood, Record, Sender};

/// How long a broker may take to accept a connection.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// How long a program may take to hear that its connection ends.
const GOODBYE_LIMIT: Duration = Duration::from_millis(200);

/// How many pieces of a program's last words are looked at for its end.
const MOST_LAST_WORDS: usize = 64;

/// The whole packet (MQTT 3.1.1, section 3.14).
const DISCONNECT: [u8; 2] = [0xe0, 0];

#[derive(Clone)]
pub(super) struct Relay {
    pub(super) link: Arc<dyn Link>,
    pub(super) state: watch::Receiver<State>,
    /// How many packets for the program were held back since the line was held.
    pub(super) held: watch::Sender<usize>,
    /// How many answers are kept back.
    pub(super) withheld: watch::Sender<usize>,
    /// How many connections are open.
    pub(super) open: watch::Sender<usize>,
    /// How many programs were told that their connection ends.
    pub(super) told: watch::Sender<usize>,
    pub(super) crossed: Arc<Crossed>,
    pub(super) trouble: Arc<Trouble>,
    pub(super) clock: Arc<Clock>,
    pub(super) record: Arc<Record>,
}

/// Why a connection does not go on.
enum Over {
    /// One side is done.
    Done(Sender),
    /// Cut, with a goodbye to the broker.
    Goodbye,
    /// The broker's side is cut.
    Half,
}

/// How a connection has ended.
struct Ended {
    /// Which side ended it; none when the line was cut.
    by: Option<Sender>,
    /// Where the program is still to hear of it.
    to_program: Option<WriteHalf<Box<dyn Stream>>>,
}

impl Ended {
    const CUT: Self = Self {
        by: None,
        to_program: None,
    };
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
        let ended = tokio::select! {
            ended = self.meet(program, state, link) => ended,
            () = self.becomes(|now| now.cuts != state.cuts && !now.with_goodbye) => Ended::CUT,
            _ = self.record.flood_begins() => Ended::CUT,
        };
        self.withheld.send_replace(0);
        // Before the program can know it, and connect anew.
        self.push(Event::HungUp { link, by: ended.by });
        if let Some(mut to_program) = ended.to_program {
            // TLS and WebSocket have a goodbye of their own.
            let goodbye = to_program.shutdown();
            let _ = tokio::time::timeout(GOODBYE_LIMIT, goodbye).await;
        }
        self.open.send_modify(|open| *open -= 1);
    }

    /// Until the connection is over.
    async fn meet(&self, program: TcpStream, state: State, link: u32) -> Ended {
        let program = match self.link.welcome(Tcp::new(program)).await {
            Ok(program) => program,
            Err(error) => {
                let reason = error.to_string();
                self.push(Event::LinkFailed { link, reason });
                return Ended::CUT;
            }
        };
        match call(state).await {
            Ok(broker) => self.talk(program, Tcp::new(broker), state, link).await,
            Err(error) if !self.was_taken_away(state) => {
                let reason = format!(
                    "the broker at {} takes no connection: {error}",
                    state.broker
                );
                self.trouble.note(|| reason.clone());
                self.push(Event::BrokerAway { link, reason });
                Ended::CUT
            }
            Err(_) => Ended::CUT,
        }
    }

    async fn talk(&self, program: Box<dyn Stream>, broker: Tcp, state: State, link: u32) -> Ended {
        let (mut from_program, mut to_program) = tokio::io::split(program);
        let (mut from_broker, mut to_broker) = tokio::io::split(broker);
        let mut outward = Passage::new(self, link, Sender::Program);
        let mut inward = Passage::new(self, link, Sender::Broker);
        // The program first: one that hangs up and connects anew is thrown out by the broker as well,
        // and both may be seen at once.
        let over = tokio::select! {
            biased;
            by = outward.pass(&mut from_program, &mut to_broker) => Over::Done(by),
            by = inward.pass(&mut from_broker, &mut to_program) => Over::Done(by),
            () = self.becomes(|now| now.cuts != state.cuts && now.with_goodbye) => Over::Goodbye,
            () = self.becomes(|now| now.halves != state.halves) => Over::Half,
        };
        match over {
            Over::Done(Sender::Program) => Ended {
                by: Some(Sender::Program),
                to_program: None,
            },
            Over::Done(Sender::Broker) => Ended {
                by: Some(
                    if !inward.ends_here() && has_hung_up(&mut from_program).await {
                        Sender::Program
                    } else {
                        Sender::Broker
                    },
                ),
                to_program: Some(to_program),
            },
            Over::Goodbye => {
                let goodbye = to_broker.write_all(&DISCONNECT);
                let _ = tokio::time::timeout(GOODBYE_LIMIT, goodbye).await;
                Ended::CUT
            }
            Over::Half => {
                drop((from_broker, to_broker));
                if self.state.borrow().half_is_told {
                    let end = to_program.shutdown();
                    let _ = tokio::time::timeout(GOODBYE_LIMIT, end).await;
                    self.told.send_modify(|told| *told += 1);
                }
                outward.lose_all(&mut from_program).await;
                Ended::CUT
            }
        }
    }

    async fn becomes(&self, is: impl FnMut(&State) -> bool) {
        let mut state = self.state.clone();
        // An error means that the line is gone, and this task with it.
        let _ = state.wait_for(is).await;
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

/// Whether a program that the broker has left was gone before: one that hangs up and connects anew
/// is thrown out by the broker as well, and its last words, which the broker takes no more, hide its
/// end from whoever passes them on.
async fn has_hung_up(from_program: &mut (impl AsyncRead + Unpin)) -> bool {
    let look = async {
        let mut words = [0; 1024];
        for _ in 0..MOST_LAST_WORDS {
            let read = tokio::select! {
                biased;
                read = from_program.read(&mut words) => read,
                () = std::future::ready(()) => return false,
            };
            if matches!(read, Ok(0) | Err(_)) {
                return true;
            }
        }
        false
    };
    // What is there is looked at, whatever else this task has done in its turn.
    tokio::task::unconstrained(look).await
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn last_words_do_not_hide_that_a_program_is_gone() {
        let (mut program, mut line) = tokio::io::duplex(4 * 1024);
        assert!(!has_hung_up(&mut line).await, "it is silent");
        program.write_all(&[0; 3 * 1024]).await.unwrap();
        assert!(!has_hung_up(&mut line).await, "it speaks");
        program.write_all(&[0; 3 * 1024]).await.unwrap();
        drop(program);
        assert!(has_hung_up(&mut line).await, "it spoke and is gone");
    }
}
