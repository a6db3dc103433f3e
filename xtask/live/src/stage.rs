//! What runs around the board: a broker, and the programs, each on a line of its own.
//!
//! Everything people see of the programs was seen from outside: on their lines, in what they
//! print, and in how their processes end.

mod browser;
mod connection;
mod encryption;
mod experiment;
mod faults;
mod follow;
mod host;
mod life;
mod observer;
mod operator;
mod play;
mod power;
mod program;
mod trouble;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use arena::broker::BrokerChoice;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use crate::feed::{Feed, Health, State};
use crate::stadium::Stadium;
use browser::Browser;
use course::{DEVICE, SERVER};
use encryption::Encryption;
use host::Host;
use observer::Observer;
use program::{Around, Program};

pub use experiment::Experiment;
pub(crate) use operator::LONGEST_LINE;
pub use play::{Gossip, Instance, Play, Player};
pub use trouble::{Malformed, Trouble};

/// A play under way. Dropped, everything ends.
#[derive(Debug)]
pub struct Stage {
    id: String,
    step: u8,
    feed: Arc<Feed>,
    gossip: mpsc::UnboundedSender<Gossip>,
    programs: BTreeMap<Instance, Arc<Program>>,
    /// Where several devices run.
    stadium: Option<Arc<Stadium>>,
    host: tokio::sync::Mutex<Host>,
    observer: Observer,
    /// Where a page comes in that is a client itself.
    browser: Option<Browser>,
    restarting: AtomicBool,
    /// Whether an experiment is under way.
    experimenting: AtomicBool,
    /// Whose lines are cut at the moment.
    cuts: Mutex<Vec<Instance>>,
    foreign: Option<String>,
    /// Where the lines are encrypted.
    encryption: Option<Encryption>,
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
        let encryption = play.over_tls.then(Encryption::begin).transpose()?;
        let foreign = host
            .is_foreign()
            .then(|| format!("{broker} was not started here, so it cannot be restarted from here"));
        feed.update(|now| {
            now.staged = true;
            now.title.clone_from(&play.title);
            now.id.clone_from(&play.id);
            now.broker_is_foreign.clone_from(&foreign);
            now.encrypted = play.over_tls;
            now.device.detail = "This step has no device program.".to_owned();
            now.server.detail = "This step has no server program.".to_owned();
            let mut partners = play.players.iter().map(|player| player.who);
            let partner = partners.find(|who| *who != DEVICE).unwrap_or(SERVER);
            now.partner = partner.name();
            now.takes_orders = play.players.iter().any(|player| player.takes_orders);
            let keeps = |player: &Player| player.who == DEVICE && player.keeps_files;
            now.can_be_away = play.players.iter().any(keeps) && !play.has_several_devices();
        });
        let observer =
            Observer::start(&play.id, host.endpoint(), Arc::clone(&feed), gossip.clone());
        let stadium = open_stadium(&play, &feed).await?;
        let mut programs = BTreeMap::new();
        for player in &play.players {
            for instance in player.instances() {
                let of_its_own = (stadium.as_ref())
                    .and_then(|stadium| stadium.board(instance.device.as_deref()?));
                let board = of_its_own.unwrap_or_else(|| play.board.clone());
                let program = Program::start(
                    instance.clone(),
                    player,
                    &play,
                    Around {
                        board,
                        broker: host.endpoint(),
                        encryption: encryption.as_ref(),
                    },
                    Arc::clone(&feed),
                    gossip.clone(),
                );
                programs.insert(instance, Arc::new(program.await?));
            }
        }
        let browser = match play.has_browser {
            true => Some(Browser::open(host.endpoint()).await?),
            false => None,
        };
        let followers = programs.values().map(|it| it.follower()).collect();
        let following = follow::follow(
            followers,
            browser.as_ref().map(|browser| Arc::clone(&browser.record)),
            stadium.clone(),
            Arc::clone(&feed),
            gossip.clone(),
        );
        let stage = Self {
            following: tokio::spawn(following),
            id: play.id,
            step: play.step,
            feed,
            gossip,
            programs,
            stadium,
            host: tokio::sync::Mutex::new(host),
            observer,
            browser,
            restarting: AtomicBool::new(false),
            experimenting: AtomicBool::new(false),
            cuts: Mutex::default(),
            foreign,
            encryption,
        };
        Ok((Arc::new(stage), heard))
    }

    /// The number of the step that is played.
    pub fn step(&self) -> u8 {
        self.step
    }

    /// Where the broker is, as a URL.
    pub async fn broker_url(&self) -> String {
        self.host.lock().await.url()
    }

    /// The port at which it listens, or the tunnel to it.
    pub async fn broker_port(&self) -> u16 {
        self.host.lock().await.address().port()
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

    /// The devices, where several run.
    pub fn stadium(&self) -> Option<&Stadium> {
        self.stadium.as_deref()
    }
}

/// Boards for the devices, if several run.
async fn open_stadium(play: &Play, feed: &Arc<Feed>) -> anyhow::Result<Option<Arc<Stadium>>> {
    let devices = play.players.iter().flat_map(|player| &player.devices);
    let devices: Vec<String> = devices.cloned().collect();
    if devices.is_empty() {
        return Ok(None);
    }
    let feed = Arc::clone(feed);
    let stadium = Stadium::open(&devices, &play.id, play.stale_after, &play.board, feed);
    Ok(Some(Arc::new(stadium.await?)))
}

/// Tells page and terminal of the state of a program, or of the broker, if it is a new one.
fn tell_state(
    feed: &Feed,
    gossip: &mpsc::UnboundedSender<Gossip>,
    who: Option<&Instance>,
    state: State,
) {
    let mut changed = false;
    feed.update(|now| {
        let device = who.and_then(|who| who.device.as_deref());
        let place = match (&mut now.stadium, device, who.map(|who| who.who)) {
            (Some(scene), Some(device), _) => match scene.place(device) {
                Some(place) => &mut place.state,
                None => return,
            },
            (_, _, Some(DEVICE)) => &mut now.device,
            (_, _, Some(_)) => &mut now.server,
            (_, _, None) => &mut now.broker,
        };
        changed = *place != state;
        place.clone_from(&state);
        if let (Some(scene), Some(_)) = (&now.stadium, device) {
            now.device = scene.together();
        }
    });
    if changed {
        let _ = gossip.send(match who {
            Some(who) => Gossip::Program(who.clone(), state),
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
