//! What is played on a stage, and what is told of it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use course::ProgramId;

use crate::feed::State;

/// Programs to run, and their settings.
#[derive(Clone, Debug)]
pub struct Play {
    /// Title for page and terminal.
    pub title: String,
    /// The number of the step that is played.
    pub step: u8,
    /// The learner's id.
    pub id: String,
    /// The programs.
    pub players: Vec<Player>,
    /// The folder they start in.
    pub folder: PathBuf,
    /// What `NIGHTLIGHT_BOARD` is set to, but for devices of which several run.
    pub board: String,
    /// How old a reading may be and still count, where several devices are weighed.
    pub stale_after: Duration,
    /// Whether the programs' lines are encrypted, and the programs do that themselves.
    pub over_tls: bool,
    /// Whether a page may come in that is a client itself.
    pub has_browser: bool,
}

impl Play {
    /// Whether a program runs several times.
    pub fn has_several_devices(&self) -> bool {
        self.players.iter().any(|player| !player.devices.is_empty())
    }
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
    /// Whether it keeps files, which outlive it.
    pub keeps_files: bool,
    /// Whether somebody types orders to it.
    pub takes_orders: bool,
    /// The names of the devices that it runs as, each on a board of its own. Without any it runs
    /// once, on the play's board.
    pub devices: Vec<String>,
}

impl Player {
    /// What runs of it.
    pub fn instances(&self) -> Vec<Instance> {
        let instance = |device| Instance {
            who: self.who,
            device,
        };
        if self.devices.is_empty() {
            return vec![instance(None)];
        }
        let devices = self.devices.iter().cloned();
        devices.map(|device| instance(Some(device))).collect()
    }
}

/// One running program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instance {
    /// Which side it plays.
    pub who: ProgramId,
    /// Which device it is, where several run.
    pub device: Option<String>,
}

impl Instance {
    /// Its short name: the device's, else the program's.
    pub fn name(&self) -> &str {
        self.device.as_deref().unwrap_or(self.who.name())
    }
}

/// As a part of a sentence.
impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.device {
            Some(device) => f.write_str(device),
            None => write!(f, "the {}", self.who),
        }
    }
}

/// Events for a terminal to show.
#[derive(Clone, Debug)]
pub enum Gossip {
    /// A program printed a line.
    Printed {
        /// Which one.
        who: Instance,
        /// Whether it went to standard error.
        error: bool,
        /// The line without its end.
        text: String,
    },
    /// A program's state changed.
    Program(Instance, State),
    /// The broker's state changed.
    Broker(State),
    /// Somebody at the page broke something on purpose, or it was mended.
    Trouble(String),
}
