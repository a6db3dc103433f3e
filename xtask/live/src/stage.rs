//! What runs around the board: a broker, and the programs, each on a line of its own.
//!
//! Everything people see of the programs was seen from outside: on their lines, in what they
//! print, and in how their processes end.

mod connection;
mod follow;
mod host;
mod observer;
mod program;
mod trouble;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arena::broker::BrokerChoice;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use crate::feed::{Feed, Health, State, clock};
use crate::packet::Row;
use course::{DEVICE, MONITOR, ProgramId, SERVER};
use host::Host;
use observer::Observer;
use program::Program;

pub use trouble::{Malformed, Trouble};

/// How long a broker that is restarted stays away: long enough to be noticed.
const BROKER_AWAY: Duration = Duration::from_secs(2);

/// Programs to run, and their settings.
#[derive(Clone, Debug)]
pub struct Play {
    /// Title for page and terminal.
    pub title: String,
    /// The learner's id.
    pub id: String,
    /// The programs.
    pub players: Vec<Player>,
    /// The folder they start in.
    pub folder: PathBuf,
    /// What `NIGHTLIGHT_BOARD` is set to.
    pub board: String,
}

/// A program of a play.
#[derive(Clone, Debug)]
pub struct Player {
    /// Which side it plays.
    pub who: ProgramId,
    /// The program's file.
    pub program: PathBuf,
    /// Where its sources are, as shown to people.
    pub source: String,
}

/// Events for a terminal to show.
#[derive(Clone, Debug)]
pub enum Gossip {
    /// A program printed a line.
    Printed {
        /// Which one.
        who: ProgramId,
        /// Whether it went to standard error.
        error: bool,
        /// The line without its end.
        text: String,
    },
    /// A program's state changed.
    Program(ProgramId, State),
    /// The broker's state changed.
    Broker(State),
    /// Somebody at the page broke something on purpose, or it was mended.
    Trouble(String),
}

/// A play under way. Dropped, everything ends.
#[derive(Debug)]
pub struct Stage {
    id: String,
    feed: Arc<Feed>,
    gossip: mpsc::UnboundedSender<Gossip>,
    programs: BTreeMap<ProgramId, Arc<Program>>,
    host: tokio::sync::Mutex<Host>,
    observer: Observer,
    restarting: AtomicBool,
    /// Whose lines are cut at the moment.
    cuts: Mutex<Vec<ProgramId>>,
    foreign: Option<String>,
    following: JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.following.abort();
    }
}

impl Stage {
    /// Starts a broker, the lines and the programs, and tells `feed` and the receiver about them.
    ///
    /// # Errors
    /// When the broker, a line or a program cannot be started.
    pub async fn open(
        play: Play,
        broker: &BrokerChoice,
        feed: Arc<Feed>,
    ) -> anyhow::Result<(Arc<Self>, mpsc::UnboundedReceiver<Gossip>)> {
        let (gossip, heard) = mpsc::unbounded_channel();
        let host = Host::start(broker).await?;
        let foreign = host
            .is_foreign()
            .then(|| format!("{broker} was not started here, so it cannot be restarted from here"));
        feed.update(|now| {
            now.staged = true;
            now.title.clone_from(&play.title);
            now.id.clone_from(&play.id);
            now.broker_is_foreign.clone_from(&foreign);
            now.device.detail = "This step has no device program.".to_owned();
            now.server.detail = "This step has no server program.".to_owned();
            let mut partners = play.players.iter().map(|player| player.who);
            let partner = partners.find(|who| *who != DEVICE).unwrap_or(SERVER);
            now.partner = partner.name();
        });
        let observer =
            Observer::start(&play.id, host.endpoint(), Arc::clone(&feed), gossip.clone());
        let mut programs = BTreeMap::new();
        for player in &play.players {
            let program = Program::start(
                player,
                &play,
                host.endpoint(),
                Arc::clone(&feed),
                gossip.clone(),
            );
            programs.insert(player.who, Arc::new(program.await?));
        }
        let followers = programs.values().map(|it| it.follower()).collect();
        let following = follow::follow(followers, Arc::clone(&feed), gossip.clone());
        let stage = Self {
            following: tokio::spawn(following),
            id: play.id,
            feed,
            gossip,
            programs,
            host: tokio::sync::Mutex::new(host),
            observer,
            restarting: AtomicBool::new(false),
            cuts: Mutex::default(),
            foreign,
        };
        Ok((Arc::new(stage), heard))
    }

    /// Where the broker is, as a URL.
    pub async fn broker_url(&self) -> String {
        self.host.lock().await.url()
    }

    /// Asks the programs to leave, as Ctrl-C does, and kills those that stay.
    pub async fn close(&self) {
        let mut leaving = JoinSet::new();
        for program in self.programs.values() {
            let program = Arc::clone(program);
            leaving.spawn(async move { program.end().await });
        }
        leaving.join_all().await;
    }

    /// Cuts the line of one or both programs for some time.
    ///
    /// # Errors
    /// When one of them is cut already, or there is no such program.
    pub fn cut(self: &Arc<Self>, who: Option<ProgramId>, time: Duration) -> Result<(), Trouble> {
        let whose: Vec<ProgramId> = match who {
            Some(who) => {
                vec![self.player(who)?]
            }
            None => self.programs.keys().copied().collect(),
        };
        {
            let mut cuts = self.cuts.lock().unwrap_or_else(PoisonError::into_inner);
            if whose.iter().any(|who| cuts.contains(who)) {
                return Err(Trouble::AlreadyCut);
            }
            cuts.extend(&whose);
        }
        self.show_trouble();
        let names: Vec<_> = whose.iter().map(|who| who.name()).collect();
        let names = names.join(" and ");
        self.note(format!(
            "The line between {names} and broker is cut for {} s.",
            time.as_secs()
        ));
        let stage = Arc::downgrade(self);
        for who in &whose {
            self.programs[who].line().down();
        }
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            // Nobody mends the lines of a play that is over.
            let Some(stage) = stage.upgrade() else { return };
            let mut cuts = stage.cuts.lock().unwrap_or_else(PoisonError::into_inner);
            cuts.retain(|who| !whose.contains(who));
            drop(cuts);
            if !stage.restarting.load(Ordering::SeqCst) {
                stage.mend();
            }
            stage.show_trouble();
            stage.note(format!("The line between {names} and broker works again."));
        });
        Ok(())
    }

    /// Ends the broker and starts it again. What it kept in memory is gone.
    ///
    /// # Errors
    /// When it is under way already, or the broker is somebody else's.
    pub fn restart_broker(self: &Arc<Self>) -> Result<(), Trouble> {
        if let Some(reason) = &self.foreign {
            return Err(Trouble::ForeignBroker(reason.clone()));
        }
        if self.restarting.swap(true, Ordering::SeqCst) {
            return Err(Trouble::AlreadyRestarting);
        }
        self.show_trouble();
        self.note("The broker is restarted.".to_owned());
        self.observer
            .pause("It was ended on purpose and is about to start again.");
        for program in self.programs.values() {
            program.line().down();
        }
        let stage = Arc::clone(self);
        tokio::spawn(async move {
            let restarted = {
                let mut host = stage.host.lock().await;
                host.restart(BROKER_AWAY).await.map(|()| host.address())
            };
            match restarted {
                Ok(address) => {
                    for program in stage.programs.values() {
                        program.line().lead_to(address);
                    }
                    stage.observer.go_to(address);
                    stage.note("The broker is back. It has forgotten everything.".to_owned());
                }
                Err(error) => {
                    stage.note(format!("The broker does not start again: {error:#}"));
                }
            }
            stage.restarting.store(false, Ordering::SeqCst);
            stage.mend();
            stage.show_trouble();
        });
        Ok(())
    }

    /// Publishes something that a careful program ignores.
    ///
    /// # Errors
    /// When there is no broker to send it to.
    pub fn send_malformed(&self, to: ProgramId, sort: Malformed) -> Result<(), Trouble> {
        let has_monitor = self.programs.contains_key(&MONITOR);
        let kind = match (to, has_monitor) {
            (SERVER, false) => "telemetry",
            (SERVER, true) => "telemetry/light",
            (_, false) => "commands",
            (_, true) => "status",
        };
        let topic = format!("{}/{kind}", self.id);
        let payload = sort.payload(to);
        self.observer.publish(&topic, payload)?;
        self.feed.packets(vec![Row {
            at: clock(),
            who: "page",
            to_broker: Some(true),
            kind: "PUBLISH",
            topic: Some(topic.clone()),
            payload: Some(payload.to_owned()),
            qos: Some(0),
            facts: vec![("retain", "no".to_owned())],
            ..Row::default()
        }]);
        let _ = self.gossip.send(Gossip::Trouble(format!(
            "The page sent a malformed message to {topic}: {payload}"
        )));
        Ok(())
    }

    /// Starts a program that has ended.
    ///
    /// # Errors
    /// When it runs, or does not start.
    pub async fn start_again(&self, who: ProgramId) -> Result<(), Trouble> {
        self.program(who)?.start_again().await
    }

    fn program(&self, who: ProgramId) -> Result<&Arc<Program>, Trouble> {
        let player = self.player(who)?;
        self.programs
            .get(&player)
            .ok_or(Trouble::NoProgram(who.name()))
    }

    /// Who plays the part: the page calls a server whatever stands in its place.
    fn player(&self, who: ProgramId) -> Result<ProgramId, Trouble> {
        let mut players = self.programs.keys().copied();
        let found = players.find(|player| *player == who || who == SERVER && *player != DEVICE);
        found.ok_or(Trouble::NoProgram(who.name()))
    }

    /// Opens the lines that nobody wants cut.
    fn mend(&self) {
        let cuts = self.cuts.lock().unwrap_or_else(PoisonError::into_inner);
        for (who, program) in &self.programs {
            if !cuts.contains(who) {
                program.line().up();
            }
        }
    }

    fn show_trouble(&self) {
        let cut = !self
            .cuts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty();
        let restarting = self.restarting.load(Ordering::SeqCst);
        self.feed.update(|now| {
            now.trouble = [(cut, "line"), (restarting, "broker")]
                .into_iter()
                .filter_map(|(is, what)| is.then_some(what))
                .collect();
        });
    }

    /// Says on the terminal and in the list of packets what was done to the line.
    fn note(&self, text: String) {
        self.feed.packets(vec![Row {
            at: clock(),
            who: "page",
            ..Row::line(text.clone())
        }]);
        let _ = self.gossip.send(Gossip::Trouble(text));
    }
}

/// Tells page and terminal of a state, if it is a new one.
fn tell_state(
    feed: &Feed,
    gossip: &mpsc::UnboundedSender<Gossip>,
    who: Option<ProgramId>,
    state: State,
) {
    let mut changed = false;
    feed.update(|now| {
        let place = match who {
            Some(DEVICE) => &mut now.device,
            Some(_) => &mut now.server,
            None => &mut now.broker,
        };
        changed = *place != state;
        place.clone_from(&state);
    });
    if changed {
        let _ = gossip.send(match who {
            Some(who) => Gossip::Program(who, state),
            None => Gossip::Broker(state),
        });
    }
}

fn good(word: &'static str, detail: String) -> State {
    State::new(Health::Good, word, detail)
}

fn waiting(word: &'static str, detail: impl Into<String>) -> State {
    State::new(Health::Waiting, word, detail)
}

fn gone(word: &'static str, detail: impl Into<String>) -> State {
    State::new(Health::Gone, word, detail)
}
