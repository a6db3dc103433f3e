//! A learner's program under observation: prepared, started, watched and driven.

mod limits;
mod watch;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::Context;
use arena::board::VirtualBoard;
use arena::broker::Broker;
use arena::clock::Clock;
use arena::line::Line;
use arena::patience::patience;
use arena::process::{Delivery, Launch, Supervised, Wish};
use arena::record::{End, Entry, Event, Record};
use course::{DEVICE_NAME, Detail, Program};
use tempfile::TempDir;

use crate::call::Call;
use crate::queries;
use crate::transcript::{Lane, Redaction};
use watch::WAITS;

pub use limits::{Limits, QUEUE};

/// How long to wait for what should come at once. Generous: a loaded machine must not fail
/// anybody, and who passes never waits this long.
pub const PROMPT: Duration = Duration::from_secs(5);

/// How long to wait for what a program does once a round, when it sleeps in real time.
pub const ROUND: Duration = Duration::from_secs(15);

/// How long a program that leaves may wait on the virtual clock before it is helped along.
const LEAVING_PAUSE: Duration = Duration::from_millis(200);

/// How long a program may wait for the answer to its goodbye where nothing else is said, in
/// milliseconds: longer than any scene.
pub const GOODBYE_MS: u64 = 3_600_000;

/// A program under observation.
#[derive(Debug)]
pub struct Actor {
    /// What its step's file says of it.
    pub program: &'static Program,
    /// What its step's transcript shows beyond the usual.
    pub shows: &'static [Detail],
    /// Which one of its kind on the stage, from 1.
    instance: usize,
    /// What it is called among the learner's devices.
    pub device: String,
    limits: Limits,
    /// The id it is given.
    pub id: String,
    /// What was seen of it.
    pub record: Arc<Record>,
    /// Its virtual time.
    pub clock: Arc<Clock>,
    /// Its board.
    pub board: VirtualBoard,
    /// Its line to the broker.
    pub line: Line,
    retry_ms: u64,
    goodbye_ms: u64,
    /// Where in the record we broke the line.
    breaks: Mutex<Vec<usize>>,
    /// Where in the record we first asked it to leave.
    asked: OnceLock<usize>,
    process: tokio::sync::Mutex<Option<Supervised>>,
    redaction: Mutex<Redaction>,
    /// Where it keeps its files. Later lives of the same program find them there.
    folder: Arc<TempDir>,
    killed: AtomicBool,
}

/// Memory as a folder, on Linux.
const MEMORY: &str = "/dev/shm";

/// An empty folder for a program. Who flushes each write to a disk waits for everybody else who does,
/// and no verdict is to depend on that: hence in memory, where there is such a thing.
fn folder(program: &Program) -> anyhow::Result<TempDir> {
    let in_memory = program.keeps_files.then(|| TempDir::new_in(MEMORY).ok());
    match in_memory.flatten() {
        Some(folder) => Ok(folder),
        None => TempDir::new().context("no temporary folder"),
    }
}

/// How a program left when it was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// By itself, in good time.
    ByItself,
    /// It had ended before anybody asked.
    Gone,
    /// It had to be killed.
    Killed,
    /// This system cannot ask: it is killed at once.
    NotAsked,
}

impl Actor {
    /// Lays out what the program will be given: a line to `broker`, and a board that shows `levels`,
    /// one a reading.
    ///
    /// # Errors
    /// When the arena does not work.
    pub async fn prepare(
        program: &'static Program,
        id: &str,
        broker: &Broker,
        levels: &[u16],
        retry_ms: u64,
    ) -> anyhow::Result<Self> {
        let record = Arc::new(Record::default());
        let clock = Arc::new(Clock::default());
        let board = VirtualBoard::start(Arc::clone(&clock), Arc::clone(&record)).await?;
        board.script_light(levels.iter().copied());
        let line = Line::open(broker.endpoint(), Arc::clone(&clock), Arc::clone(&record)).await?;
        Ok(Self {
            program,
            shows: &[],
            instance: 1,
            device: DEVICE_NAME.to_owned(),
            limits: Limits::default(),
            id: id.to_owned(),
            record,
            clock,
            board,
            line,
            retry_ms,
            goodbye_ms: GOODBYE_MS,
            breaks: Mutex::default(),
            asked: OnceLock::new(),
            process: tokio::sync::Mutex::default(),
            redaction: Mutex::default(),
            folder: Arc::new(folder(program)?),
            killed: AtomicBool::new(false),
        })
    }

    /// The same on a stage: as one of several of its kind, and with what its step shows.
    #[must_use]
    pub fn on_stage(self, instance: usize, shows: &'static [Detail]) -> Self {
        Self {
            instance,
            shows,
            ..self
        }
    }

    /// The same with so many milliseconds for its goodbye.
    #[must_use]
    pub fn given(self, goodbye_ms: u64) -> Self {
        Self { goodbye_ms, ..self }
    }

    /// The same as the device of that name.
    #[must_use]
    pub fn called(self, device: &str) -> Self {
        Self {
            device: device.to_owned(),
            ..self
        }
    }

    /// The same with these to count by.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same with the files of an earlier life.
    #[must_use]
    pub fn after(self, earlier: &Self) -> Self {
        Self {
            folder: Arc::clone(&earlier.folder),
            ..self
        }
    }

    /// Where it keeps its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether it is one of several devices, each under a name of its own.
    pub fn is_named(&self) -> bool {
        self.program.client_name_as("", &self.id) != self.program.client_name_as("x", &self.id)
    }

    /// The kind of topic on which it tells its readings.
    pub fn telemetry(&self) -> String {
        self.program.telemetry_as(&self.device)
    }

    /// As the transcript calls it: `device`, and `device 2` for the second one on a stage.
    pub fn name(&self) -> String {
        match self.instance {
            1 => self.program.id.name().to_owned(),
            more => format!("{} {more}", self.program.id),
        }
    }

    /// Starts it.
    ///
    /// # Errors
    /// When it was not compiled or does not start.
    pub async fn start(&self, call: &Call) -> anyhow::Result<()> {
        let id = self.program.id;
        let file = call
            .programs
            .iter()
            .find_map(|(known, file)| (*known == id).then(|| file.clone()))
            .with_context(|| format!("the {id} was not compiled"))?;
        let mut settings = BTreeMap::from([
            ("NIGHTLIGHT_ID", self.id.clone()),
            ("NIGHTLIGHT_BROKER", self.line.url()),
            ("NIGHTLIGHT_BOARD", self.board.url()),
            ("NIGHTLIGHT_RETRY_MS", self.retry_ms.to_string()),
            ("NIGHTLIGHT_GOODBYE_MS", self.goodbye_ms.to_string()),
            ("NIGHTLIGHT_DEVICE", self.device.clone()),
            (
                "NIGHTLIGHT_FOLDER",
                self.folder.path().display().to_string(),
            ),
            // A panic's own line and place say more to a beginner than forty frames.
            (
                "RUST_BACKTRACE",
                u8::from(call.backtraces.is_some()).to_string(),
            ),
            // An error is no panic.
            ("RUST_LIB_BACKTRACE", "0".to_owned()),
        ]);
        settings.extend(self.limits.settings());
        let launch = Launch {
            program: file,
            arguments: Vec::new(),
            settings,
            delivery: Delivery::Environment,
            folder: self.folder.path().to_owned(),
        };
        let (clock, record) = (Arc::clone(&self.clock), Arc::clone(&self.record));
        let process = match &call.containment {
            None => Supervised::start(&launch, clock, record)?,
            Some(containment) => {
                let ports = [self.line.port(), self.board.port()];
                let folder = self.program.keeps_files.then(|| self.folder());
                let wrapper = containment.command(&launch.program, &ports, folder)?;
                Supervised::start_contained(wrapper, &launch, clock, record)?
            }
        };
        *self.process.lock().await = Some(process);
        Ok(())
    }

    /// What the transcript leaves out of this program's run.
    pub fn redact(&self, change: impl FnOnce(&mut Redaction)) {
        let mut redaction = self
            .redaction
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        change(&mut redaction);
    }

    /// Its part of the transcript.
    pub fn lanes(&self, scene: &str) -> Vec<Lane> {
        let redaction = self
            .redaction
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        redaction.lanes(scene, self)
    }

    /// Cuts the line and refuses new connections until it is up again.
    pub fn take_down(&self) {
        self.breaks().push(self.record.len());
        self.line.down();
    }

    /// Cuts the line, once.
    pub fn cut(&self) {
        self.breaks().push(self.record.len());
        self.line.cut();
    }

    /// Cuts the line, once, with a goodbye to the broker in the program's place.
    pub fn cut_with_goodbye(&self) {
        self.breaks().push(self.record.len());
        self.line.cut_with_goodbye();
    }

    /// Ends its connection as a broker does that shuts down, once.
    pub fn close(&self) {
        self.breaks().push(self.record.len());
        self.line.close();
    }

    /// Types a line to the program. Nothing, when it is gone.
    pub async fn type_line(&self, line: &str) {
        if let Some(process) = self.process.lock().await.as_ref() {
            // Before anything that can come of it.
            self.record
                .push(self.clock.now(), Event::Typed(line.to_owned()));
            process.type_line(line);
        }
    }

    /// Ends what is typed to the program, as Ctrl-D does.
    pub async fn end_input(&self) {
        if let Some(process) = self.process.lock().await.as_mut() {
            process.end_input();
        }
    }

    /// Kills the program. Afterwards its record is complete.
    pub async fn kill(&self) {
        if let Some(mut process) = self.process.lock().await.take() {
            self.killed.store(true, Ordering::Relaxed);
            process.kill().await;
            // What it said last may still be on its way through the line.
            let _ = tokio::time::timeout(PROMPT, self.line.is_idle()).await;
        }
    }

    /// Where in the record we broke the line, in order.
    pub fn breaks(&self) -> MutexGuard<'_, Vec<usize>> {
        self.breaks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the broker has accepted the program since we last broke the line.
    pub fn is_online(&self) -> bool {
        let since = self.breaks().last().copied().unwrap_or_default();
        let is = |entries: &[Entry]| entries[since..].iter().any(queries::is_accepted);
        self.record.look(is)
    }

    /// Where in the record it was asked to leave; its end, if it was not. From there on it may put
    /// its LED out: a lamp without a program is better dark.
    pub fn asked_to_leave(&self) -> usize {
        self.asked.get().copied().unwrap_or(usize::MAX)
    }

    /// Whether its LED was switched to other than this from `since` on. To put it out when it leaves
    /// is each program's choice, and so it is when it ends unasked: only of one that goes on to look
    /// at its sensor it is known that it did not end.
    pub fn switched_from(&self, on: bool, since: usize) -> bool {
        let asked = self.asked_to_leave();
        self.record.look(|entries| {
            let goes_on = |place: usize| {
                let mut later = entries[place..].iter();
                later.any(|it| matches!(it.event, Event::LightRead(_) | Event::Led(true)))
            };
            let mut later = entries.iter().enumerate().skip(since);
            later.any(|(place, entry)| match entry.event {
                Event::Led(true) => !on,
                Event::Led(false) => on && place < asked && goes_on(place),
                _ => false,
            })
        })
    }

    /// Whether the process is gone.
    pub fn has_ended(&self) -> bool {
        self.record.look(queries::end).is_some()
    }

    /// Why the broker did not take a connection of the line, if it was asked to: never the
    /// program's fault.
    pub fn broken_line(&self) -> Option<anyhow::Error> {
        self.line.broker_failed()
    }

    /// Asks the program to end as Ctrl-C does. Afterwards its record is complete. Asked again, it
    /// tells what came of it the first time.
    pub async fn leave(&self) -> Leaving {
        self.leave_by(Wish::Interrupt).await
    }

    /// As [`Actor::leave`], asked in another way.
    pub async fn leave_by(&self, wish: Wish) -> Leaving {
        if let Some(mut process) = self.process.lock().await.take() {
            self.asked.get_or_init(|| self.record.len());
            tokio::select! {
                () = process.stop_by(wish) => {}
                () = self.pass_time() => {}
            }
            // What it said last may still be on its way through the line.
            let _ = tokio::time::timeout(PROMPT, self.line.is_idle()).await;
        }
        if self.killed.load(Ordering::Relaxed) {
            return Leaving::NotAsked;
        }
        match self.record.look(queries::end) {
            Some(End::Left(_)) => Leaving::ByItself,
            Some(End::Stopped) if cfg!(unix) => Leaving::Killed,
            Some(End::Stopped) | None => Leaving::NotAsked,
            Some(_) => Leaving::Gone,
        }
    }

    /// Who joins a thread before it ends waits as long as that thread does, by the virtual clock.
    async fn pass_time(&self) {
        loop {
            patience(LEAVING_PAUSE).await;
            for _ in 0..WAITS {
                self.clock.advance();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
}
