//! A learner's program under observation: prepared, started, watched and driven.

mod leaving;
mod limits;
mod line;
mod papers;
mod room;
mod watch;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::Context;
use arena::board::VirtualBoard;
use arena::broker::Broker;
use arena::clock::Clock;
use arena::line::{Line, Link};
use arena::process::{Delivery, Launch, Supervised};
use arena::record::{Event, Record};
use course::{DEVICE_NAME, Detail, Program};

use crate::call::Call;
use crate::queries;
use crate::transcript::{Lane, Redaction};

pub use leaving::Leaving;
pub use limits::{Limits, QUEUE};
use room::Room;

/// How long to wait for what should come at once. Generous: a loaded machine must not fail
/// anybody, and who passes never waits this long.
pub const PROMPT: Duration = Duration::from_secs(5);

/// How long to wait for what a program does once a round, when it sleeps in real time.
pub const ROUND: Duration = Duration::from_secs(15);

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
    room: Arc<Room>,
    /// What it is told beside the usual, or instead.
    settings: Mutex<BTreeMap<&'static str, String>>,
    misled: AtomicBool,
    killed: AtomicBool,
}

impl Actor {
    /// Lays out what the program will be given: a line to `broker` over this link, and a board that shows `levels`,
    /// one a reading. Of a broker in several nodes, devices have the first and servers the second.
    ///
    /// # Errors
    /// When the arena does not work.
    pub async fn prepare(
        program: &'static Program,
        id: &str,
        broker: &Broker,
        link: Arc<dyn Link>,
        levels: &[u16],
        retry_ms: u64,
    ) -> anyhow::Result<Self> {
        let record = Arc::new(Record::default());
        let clock = Arc::new(Clock::default());
        let board = VirtualBoard::start(Arc::clone(&clock), Arc::clone(&record)).await?;
        board.script_light(levels.iter().copied());
        let (its_clock, its_record) = (Arc::clone(&clock), Arc::clone(&record));
        let node = broker.endpoint_at(line::node_of(program));
        let line = Line::open_over(link, node, its_clock, its_record).await?;
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
            room: Arc::new(Room::new(program)?),
            settings: Mutex::default(),
            misled: AtomicBool::new(false),
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
            room: Arc::clone(&earlier.room),
            ..self
        }
    }

    /// Where it keeps its files.
    pub fn folder(&self) -> &Path {
        self.room.files()
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
            ("NIGHTLIGHT_FOLDER", self.folder().display().to_string()),
            // A panic's own line and place say more to a beginner than forty frames.
            (
                "RUST_BACKTRACE",
                u8::from(call.backtraces.is_some()).to_string(),
            ),
            // An error is no panic.
            ("RUST_LIB_BACKTRACE", "0".to_owned()),
        ]);
        settings.extend(self.limits.settings());
        let own = self.settings().clone();
        // Also where nothing is to be kept there: certificates lie in it.
        let has_files = self.program.keeps_files || !own.is_empty();
        settings.extend(own);
        let launch = Launch {
            program: file,
            arguments: Vec::new(),
            settings,
            delivery: Delivery::Environment,
            folder: self.room.start().to_owned(),
        };
        let (clock, record) = (Arc::clone(&self.clock), Arc::clone(&self.record));
        let process = match &call.containment {
            None => Supervised::start(&launch, clock, record)?,
            Some(containment) => {
                let ports = [self.line.port(), self.board.port()];
                let folder = has_files.then(|| self.folder());
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

    /// Whether the process is gone.
    pub fn has_ended(&self) -> bool {
        self.record.look(queries::end).is_some()
    }
}
