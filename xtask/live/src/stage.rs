//! What runs around the board: a broker, and the programs, each on a line of its own.
//!
//! Everything people see of the programs was seen from outside: on their lines, in what they
//! print, and in how their processes end.

mod connection;
mod faults;
mod follow;
mod host;
mod observer;
mod play;
mod program;
mod trouble;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use arena::broker::BrokerChoice;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use crate::feed::{Feed, Health, State};
use course::{DEVICE, ProgramId, SERVER};
use host::Host;
use observer::Observer;
use program::Program;

pub use play::{Gossip, Play, Player};
pub use trouble::{Malformed, Trouble};

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
