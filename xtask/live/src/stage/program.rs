//! A program of a play, and its line.

use std::collections::BTreeMap;
use std::sync::Arc;

use arena::broker::Endpoint;
use arena::clock::Clock;
use arena::line::{Line, Link, Plain};
use arena::process::{Delivery, Launch, Supervised};
use arena::record::{Budget, Record};
use tokio::sync::{Mutex, mpsc};

use super::encryption::Encryption;
use super::follow::Follower;
use super::life::Life;
use super::{Gossip, Instance, Play, Player, Trouble, tell_state, waiting};
use crate::feed::{Feed, State};

/// A program that prints more than this has lost its way, in bytes: a month of one line a second.
const OUTPUT_CAP: usize = 64 << 20;

/// What a program finds around it.
#[derive(Debug)]
pub(super) struct Around<'a> {
    /// Its board, as a URL.
    pub board: String,
    pub broker: Endpoint,
    /// Of its line, if it is encrypted.
    pub encryption: Option<&'a Encryption>,
}

/// A program and its line.
#[derive(Debug)]
pub(super) struct Program {
    who: Instance,
    source: String,
    feed: Arc<Feed>,
    gossip: mpsc::UnboundedSender<Gossip>,
    takes_orders: bool,
    launch: Launch,
    clock: Arc<Clock>,
    record: Arc<Record>,
    line: Line,
    process: Mutex<Supervised>,
    life: Arc<Life>,
}

impl Program {
    pub(super) async fn start(
        who: Instance,
        player: &Player,
        play: &Play,
        around: Around<'_>,
        feed: Arc<Feed>,
        gossip: mpsc::UnboundedSender<Gossip>,
    ) -> anyhow::Result<Self> {
        let clock = Arc::<Clock>::default();
        let record = Arc::new(Record::new(Budget::FOLLOWED));
        let Around {
            board,
            broker,
            encryption,
        } = around;
        let link: Arc<dyn Link> = match encryption {
            Some(encryption) => encryption.link(),
            None => Arc::new(Plain),
        };
        let line = Line::open_over(link, broker, Arc::clone(&clock), Arc::clone(&record)).await?;
        let mut settings = BTreeMap::from([
            ("NIGHTLIGHT_ID", play.id.clone()),
            ("NIGHTLIGHT_BROKER", line.url()),
            ("NIGHTLIGHT_BOARD", board),
            // A panic's own line and place say more to a beginner than forty frames.
            ("RUST_BACKTRACE", "0".to_owned()),
        ]);
        if play.has_several_devices() {
            // The page weighs by the same.
            let stale_after = play.stale_after.as_millis().to_string();
            settings.insert("NIGHTLIGHT_STALE_MS", stale_after);
        }
        if let Some(encryption) = encryption {
            let authority = encryption.file().display().to_string();
            settings.insert("NIGHTLIGHT_BROKER_CA", authority);
        }
        if let Some(device) = &who.device {
            settings.insert("NIGHTLIGHT_DEVICE", device.to_string());
        }
        let launch = Launch {
            program: player.program.clone(),
            arguments: Vec::new(),
            delivery: Delivery::Environment,
            settings,
            folder: play.folder.clone(),
        };
        let life = Arc::<Life>::default();
        let state = starting(&player.source);
        tell_state(&feed, &gossip, Some(&who), state);
        let process = Supervised::start_with_cap(
            &launch,
            Arc::clone(&clock),
            Arc::clone(&record),
            OUTPUT_CAP,
        )?;
        Ok(Self {
            who,
            source: player.source.clone(),
            feed,
            gossip,
            takes_orders: player.takes_orders,
            launch,
            clock,
            record,
            line,
            process: Mutex::new(process),
            life,
        })
    }

    /// A follower of its record.
    pub(super) fn follower(&self) -> Follower {
        Follower::new(
            self.who.clone(),
            self.source.clone(),
            Arc::clone(&self.record),
            Arc::clone(&self.life),
        )
    }

    pub(super) fn line(&self) -> &Line {
        &self.line
    }

    /// Whether somebody types orders to it.
    pub(super) fn takes_orders(&self) -> bool {
        self.takes_orders
    }

    /// Types a line to it, if it runs.
    pub(super) async fn type_line(&self, line: &str) -> Result<(), Trouble> {
        let process = self.process.lock().await;
        if !self.life.is_on() {
            return Err(Trouble::NobodyTakesOrders);
        }
        process.type_line(line);
        Ok(())
    }

    pub(super) async fn start_again(&self) -> Result<(), Trouble> {
        let mut process = self.process.lock().await;
        if !self.life.begin() {
            return Err(Trouble::Runs(self.who.to_string()));
        }
        let (clock, record) = (Arc::clone(&self.clock), Arc::clone(&self.record));
        match Supervised::start_with_cap(&self.launch, clock, record, OUTPUT_CAP) {
            Ok(started) => *process = started,
            Err(error) => {
                self.life.end();
                return Err(Trouble::DoesNotStart(
                    self.who.to_string(),
                    format!("{error:#}"),
                ));
            }
        }
        let state = starting(&self.source);
        tell_state(&self.feed, &self.gossip, Some(&self.who), state);
        Ok(())
    }

    /// Ends it as a power cut does. Afterwards its end has been reported.
    pub(super) async fn kill(&self) -> Result<(), Trouble> {
        let mut process = self.process.lock().await;
        if !self.life.cut_short() {
            return Err(Trouble::DoesNotRun(self.who.to_string()));
        }
        process.kill().await;
        self.life.over().await;
        Ok(())
    }

    /// Ends it as Ctrl-C does.
    pub(super) async fn end(&self) {
        self.process.lock().await.stop().await;
    }
}

fn starting(source: &str) -> State {
    waiting(
        "started",
        format!("It has not yet connected to the broker ({source})."),
    )
}
