//! What a scene is: its story, what programs are given in it, and what came of it.

use std::pin::Pin;
use std::time::Instant;

use super::Stage;
use crate::actor::GOODBYE_MS;
use crate::call::Shape;
use crate::sheet::Sheet;
use crate::transcript::Lane;

/// A scene's story: given, when, then.
pub type Story = for<'a> fn(&'a mut Stage) -> Told<'a>;

/// How a story went.
pub type Told<'a> = Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'a>>;

/// A scene of a step.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// In a word or two.
    pub title: &'static str,
    /// What the id looks like. A rule about names and topics has to hold for all of them.
    pub id: Shape,
    /// How long programs are told to wait before they connect again, in milliseconds.
    pub retry_ms: u64,
    /// How long they may wait for the answer to their goodbye, in milliseconds.
    pub goodbye_ms: u64,
    /// What happens.
    pub story: Story,
    /// Whether it says nothing new while another scene has found something.
    pub only_after_others: bool,
    /// Whether the line between programs and broker is encrypted.
    pub over_tls: bool,
}

/// As long as a program is told to pause before it connects again, in milliseconds: more than what
/// counts as a pause, and little enough that nobody waits for a verdict. Who pauses as they please
/// passes as well, later.
pub const RETRY_MS: u64 = 50;

impl Scene {
    /// A scene like most.
    pub const fn new(title: &'static str, id: Shape, story: Story) -> Self {
        Self {
            title,
            id,
            retry_ms: RETRY_MS,
            goodbye_ms: GOODBYE_MS,
            story,
            only_after_others: false,
            over_tls: false,
        }
    }

    /// The same over a line that is encrypted.
    pub const fn over_tls(self) -> Self {
        Self {
            over_tls: true,
            ..self
        }
    }
}

/// Why a scene ends before its last line.
#[derive(Debug)]
pub enum Stop {
    /// The program failed where the rest makes no sense any more.
    Program,
    /// The machine was too slow to say whether the program is right: it may be quicker when it is
    /// asked once more.
    Busy,
    /// The arena failed: never the learner's fault.
    Arena(anyhow::Error),
}

impl Stop {
    /// For whoever only wants numbers: a program that failed is an error, too.
    pub fn error(self, failed: &'static str) -> anyhow::Error {
        match self {
            Self::Arena(error) => error,
            Self::Program | Self::Busy => anyhow::anyhow!(failed),
        }
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Arena(error)
    }
}

/// How far a story was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// To its end.
    Whole,
    /// As far as the program let it.
    Stopped,
    /// As far as the machine let it.
    Busy,
}

/// A scene that was played to its end, or as far as the program let it.
#[derive(Debug)]
pub struct Played {
    /// What was judged.
    pub sheet: Sheet,
    /// When it began.
    pub began: Instant,
    /// What was seen, readable.
    pub lanes: Vec<Lane>,
    /// Whether a program was ended because it printed or sent without end.
    pub flooded: bool,
    /// See [`Scene::only_after_others`].
    pub only_after_others: bool,
    /// How the story ended.
    pub ending: Ending,
    /// Whether the machine was so busy that what the arena saw of time may be its own.
    pub is_blurred: bool,
}
