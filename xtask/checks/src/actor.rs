//! A learner's program on stage: started, watched and driven.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use arena::board::VirtualBoard;
use arena::broker::{Broker, BrokerChoice};
use arena::clock::Clock;
use arena::line::Line;
use arena::process::{Launch, Supervised};
use arena::record::{Entry, Event, Missed, Record};
use tempfile::TempDir;

use course::{Program, ProgramId, Step};

/// How long to wait for what should come at once. Generous: a loaded machine must not fail
/// anybody, and who passes never waits this long.
pub const PROMPT: Duration = Duration::from_secs(5);

/// How long to wait for what a program does once a round, when it sleeps in real time.
pub const ROUND: Duration = Duration::from_secs(15);

/// How long a program that waits on the virtual clock is left standing, in case another thread of
/// it still has something to say.
const GRACE: Duration = Duration::from_millis(500);

/// How many rounds a program may make without doing what it should. A round is a look at the
/// sensor and the wait after it.
const ROUNDS: usize = 4;

/// How many waits are ended for a program that does not even look: it may wait in small pieces.
const WAITS: usize = 60;

/// What programs are told to wait before they connect again, in milliseconds: more than what counts
/// as a pause, and little enough that nobody waits for a verdict. Who pauses as they please passes
/// as well, later.
const RETRY_MS: u64 = 50;

/// Light levels that mean something: the ends of the scale and the threshold.
pub const EDGES: [u16; 4] = [0, 299, 300, 1023];

/// What all scenes of a run share.
#[derive(Clone, Debug)]
pub struct Call {
    /// Whose scenes are played.
    pub step: &'static Step,
    /// What is launched for each of the step's programs.
    pub programs: Vec<(ProgramId, PathBuf)>,
    /// Everything random follows from it.
    pub seed: u64,
    /// The broker to play on.
    pub broker: BrokerChoice,
    /// What stands around the programs; nothing when they are the learner's own.
    pub containment: Option<Arc<dyn Containment>>,
}

/// Starts programs in a way that they can do no harm.
pub trait Containment: fmt::Debug + Send + Sync {
    /// The command that runs `program`, which may connect to these ports of 127.0.0.1 only. Its
    /// environment is complete, but for the settings.
    ///
    /// # Errors
    /// When there is no room to prepare it.
    fn command(&self, program: &Path, ports: &[u16]) -> anyhow::Result<std::process::Command>;
}

impl Call {
    /// Random numbers for one scene. Scenes run side by side, so each has its own.
    pub fn dice(&self, scene: &str) -> fastrand::Rng {
        let salt = scene
            .bytes()
            .fold(0u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte));
        fastrand::Rng::with_seed(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt)
    }

    /// Light levels, no two alike and none of them an edge.
    pub fn levels(dice: &mut fastrand::Rng, range: std::ops::Range<u16>) -> Vec<u16> {
        let mut levels: Vec<u16> = range.filter(|level| !EDGES.contains(level)).collect();
        dice.shuffle(&mut levels);
        levels
    }

    /// An id that no program can know beforehand.
    pub fn id(&self, dice: &mut fastrand::Rng) -> String {
        let tail: String = std::iter::repeat_with(|| dice.lowercase())
            .take(8)
            .collect();
        format!("check-{tail}")
    }
}

/// A program under observation.
#[derive(Debug)]
pub struct Actor {
    /// What its step's file says of it.
    pub program: &'static Program,
    /// The id it was given.
    pub id: String,
    /// What was seen of it.
    pub record: Arc<Record>,
    /// Its virtual time.
    pub clock: Arc<Clock>,
    /// Its board.
    pub board: VirtualBoard,
    /// Its line to the broker.
    pub line: Line,
    process: Supervised,
    _folder: TempDir,
}

impl Actor {
    /// Starts one of the step's programs under `id`, with a line to `broker` and a board that shows
    /// `levels`, one a reading.
    ///
    /// # Errors
    /// When the arena, not the program, does not work.
    pub async fn enter(
        call: &Call,
        program: ProgramId,
        id: &str,
        broker: &Broker,
        levels: &[u16],
    ) -> anyhow::Result<Self> {
        let record = Arc::new(Record::default());
        let clock = Arc::new(Clock::default());
        let board = VirtualBoard::start(Arc::clone(&clock), Arc::clone(&record)).await?;
        board.script_light(levels.iter().copied());
        let line = Line::open(broker.endpoint(), Arc::clone(&clock), Arc::clone(&record)).await?;
        let folder = TempDir::new().context("no temporary folder")?;
        let its_file = call
            .programs
            .iter()
            .find_map(|(known, file)| (*known == program).then(|| file.clone()))
            .with_context(|| format!("the {program} was not compiled"))?;
        let launch = Launch {
            program: its_file,
            arguments: Vec::new(),
            environment: BTreeMap::from([
                ("NIGHTLIGHT_ID", id.to_owned()),
                ("NIGHTLIGHT_BROKER", line.url()),
                ("NIGHTLIGHT_BOARD", board.url()),
                ("NIGHTLIGHT_RETRY_MS", RETRY_MS.to_string()),
                // A panic's own line and place say more to a beginner than forty frames.
                ("RUST_BACKTRACE", "0".to_owned()),
            ]),
            folder: folder.path().to_owned(),
        };
        let (its_clock, its_record) = (Arc::clone(&clock), Arc::clone(&record));
        let process = match &call.containment {
            None => Supervised::start(&launch, its_clock, its_record)?,
            Some(containment) => {
                let ports = [line.port(), board.port()];
                let mut command = containment.command(&launch.program, &ports)?;
                command
                    .envs(&launch.environment)
                    .current_dir(&launch.folder);
                Supervised::start_contained(command, its_clock, its_record)?
            }
        };
        Ok(Self {
            program: call.step.program(program)?,
            id: id.to_owned(),
            record,
            clock,
            board,
            line,
            process,
            _folder: folder,
        })
    }

    /// Waits for `find` over the entries from `start` on, and keeps the program going meanwhile:
    /// whenever all it does is wait on the virtual clock, the clock moves on. After a few
    /// rounds it gets `patience` and no more.
    ///
    /// # Errors
    /// As [`Record::when`].
    pub async fn drive<T>(
        &self,
        start: usize,
        patience: Duration,
        mut find: impl FnMut(&[Entry]) -> Option<T>,
    ) -> Result<T, Missed> {
        // Without a board there are no rounds.
        let waits = if self.program.board { WAITS } else { 0 };
        // What happened before this call is no round of it.
        let begun = self.record.len().saturating_sub(start);
        let mut looks_before = 0;
        let mut rounds = 0;
        for _ in 0..waits {
            let mut looks = looks_before;
            let turn = self
                .record
                .when(start, ROUND, |entries| match find(entries) {
                    Some(found) => Some(Some(found)),
                    None => {
                        looks = entries
                            .iter()
                            .skip(begun)
                            .filter(|entry| is_reading(&entry.event))
                            .count();
                        self.clock.is_waited_on().then_some(None)
                    }
                });
            if let Some(found) = turn.await? {
                return Ok(found);
            }
            // Another thread may still be busy with what this round's look has set off.
            if looks > looks_before {
                looks_before = looks;
                rounds += 1;
                match self.record.when(start, GRACE, &mut find).await {
                    Err(Missed::TimeUp(_)) => {}
                    decided => return decided,
                }
            }
            self.clock.advance();
            if rounds == ROUNDS {
                break;
            }
        }
        self.record.when(start, patience, find).await
    }

    /// Waits until the program has looked at its sensor once more and has drawn its conclusions:
    /// it waits on the clock or, if it sleeps in real time, has looked again.
    ///
    /// # Errors
    /// As [`Record::when`].
    pub async fn look(&self) -> Result<(), Missed> {
        let start = self.record.len();
        for _ in 0..WAITS {
            let turned = |entries: &[Entry]| {
                let looked = entries.iter().position(|entry| is_reading(&entry.event));
                match looked {
                    Some(looked) => {
                        let since = &entries[looked + 1..];
                        since
                            .iter()
                            .any(|entry| is_turn(&entry.event))
                            .then_some(true)
                    }
                    // A wait that began before this look has to end first.
                    None => self.clock.is_waited_on().then_some(false),
                }
            };
            if self.record.when(start, ROUND, turned).await? {
                return Ok(());
            }
            self.clock.advance();
        }
        Err(Missed::TimeUp(ROUND))
    }

    /// Lets a device finish its round, so that its record does not end in the middle of one.
    pub async fn settle(&self) {
        if self.program.board {
            let end = self.record.len();
            let waiting = |_: &[Entry]| self.clock.is_waited_on().then_some(());
            // One that sleeps in real time has no such moment.
            let _ = self.record.when(end, GRACE, waiting).await;
        }
    }

    /// Ends the program as Ctrl-C does. Afterwards its record is complete.
    pub async fn leave(&mut self) {
        self.process.stop().await;
    }
}

fn is_reading(event: &Event) -> bool {
    matches!(event, Event::LightRead(_))
}

fn is_turn(event: &Event) -> bool {
    matches!(event, Event::LightRead(_) | Event::WaitBegan(_))
}
