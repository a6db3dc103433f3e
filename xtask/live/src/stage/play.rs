//! What is played on a stage, and what is told of it.

use std::path::PathBuf;

use course::ProgramId;

use crate::feed::State;

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
