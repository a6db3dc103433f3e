//! The command line.

mod bench;
mod serve;

use std::ffi::OsString;
use std::path::PathBuf;

use arena::broker::BrokerChoice;
use clap::{Args, Parser, Subcommand, ValueEnum};
use course::MOST_INSTANCES;

pub use bench::Bench;
pub use serve::{Board, Broker, Classroom};

/// Put a nightlight on the internet, step by step.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    after_help = "Without a command: where you are, and what to do next."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the runner can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show all steps
    List,
    /// Check a step's programs against a broker and a virtual board
    Check(Check),
    /// Check a step again whenever you save, and go on when it passes
    Watch {
        /// A step: its number, name, package or folder, or `puzzle`; without it, the next unfinished
        /// step
        step: Option<String>,
    },
    /// Get a hint on what the last check failed; ask again for more
    Hint {
        /// A step: its number, name, package or folder, or `puzzle`; without it, the next unfinished
        /// step
        step: Option<String>,
    },
    /// Compare your sources with the solution
    Diff {
        /// A step: its number, name, package or folder; without it, the next unfinished step
        step: Option<String>,
    },
    /// Put the starter back; your sources are saved first
    Reset {
        /// A step: its number, name, package or folder, or `puzzle`; without it, the next unfinished
        /// step
        step: Option<String>,
        /// Only this file of it, such as src/main.rs
        file: Option<PathBuf>,
    },
    /// Begin a step with your own earlier program, and the new TODOs in it
    Start {
        /// A step: its number, name, package or folder; without it, the next unfinished step
        step: Option<String>,
        /// Begin anew where you have worked already; your sources are saved first
        #[arg(long)]
        force: bool,
    },
    /// Find and mend the mistake in somebody else's program; without a number, list such puzzles
    Puzzle {
        /// A puzzle's number in the list
        number: Option<usize>,
    },
    /// Look for what could keep the lessons from working on this machine
    Doctor,
    /// Build the guide, open it in a browser, or test it
    Book {
        /// A place such as step3#topic, or build, serve, test, pdf; without a word, serve
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Run a step's programs with a broker and a board to play with
    Run(Run),
    /// Serve a broker for your own experiments, or for a classroom, or one of several nodes
    Broker(Broker),
    /// Serve a virtual board for your own experiments
    Board(Board),
    /// Bring a step's device to a Raspberry Pi: show how, or with --host do it
    Pi(Pi),
    /// Grade a whole class, each submission contained (for instructors)
    #[command(disable_help_flag = true)]
    Grade {
        /// The folder with the submissions, and options: see `cargo xtask grade --help`
        #[arg(
            value_name = "DIR",
            num_args = 0..,
            trailing_var_arg = true,
            allow_hyphen_values = true
        )]
        arguments: Vec<OsString>,
    },
    /// Pack an autograder for Gradescope (for instructors)
    #[command(disable_help_flag = true)]
    Gradescope {
        /// The .zip to write
        #[arg(
            value_name = "FILE",
            num_args = 0..,
            trailing_var_arg = true,
            allow_hyphen_values = true
        )]
        arguments: Vec<OsString>,
    },
    /// Copy the kit for learners, without solutions (for instructors)
    Handout {
        /// A new folder
        folder: PathBuf,
        /// With the broken programs of `cargo xtask puzzle`: each is a solution with one mistake
        #[arg(long)]
        puzzles: bool,
    },
    /// Measure what the kit promises (for maintainers), and what protocols cost
    #[command(subcommand)]
    Bench(Bench),
    /// Write what follows from solutions and steps anew: starters and lists (for maintainers)
    Starters {
        /// Change nothing; fail when a starter or a list of the steps is not what it should be
        #[arg(long)]
        check: bool,
    },
    /// Write the skeleton of a new step, all its parts (for maintainers)
    NewStep {
        /// In a word, as in `telemetry`: it names folders, package and program
        name: String,
    },
}

impl Cli {
    /// Whether the command goes on until Ctrl-C, which is then its regular end.
    pub fn serves(&self) -> bool {
        matches!(
            self.command,
            Some(Command::Run(_) | Command::Broker(_) | Command::Board(_))
        )
    }
}

/// What to run, and with what.
#[derive(Args, Clone, Debug)]
pub struct Run {
    /// A step: its number, name, package or folder, or `firmware`; without it, the step you are at, or
    /// with `--solutions` the last one
    pub step: Option<String>,
    /// Run the finished programs in solutions/
    #[arg(long)]
    pub solutions: bool,
    /// Open the board's page in a browser
    #[arg(long)]
    pub open: bool,
    /// embedded, mosquitto, or a URL like mqtt://host:port or mqtts://user:password@host; without
    /// it the one that your settings name, else embedded
    #[arg(long)]
    pub broker: Option<BrokerChoice>,
    /// The board's port
    #[arg(long, value_name = "N", default_value_t = 5000)]
    pub board_port: u16,
    /// Also let a page come in that is a client itself, by MQTT over WebSocket; without a number on
    /// port 8083
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "8083")]
    pub ws: Option<u16>,
    /// Also let the pages be used under this name, as a browser IDE forwards them; those of
    /// Codespaces, Gitpod and Coder are known
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
    /// How many devices, for a step that has several; without it as many as the step says
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=i64::from(MOST_INSTANCES)))]
    pub devices: Option<u8>,
}

/// What to bring to a Raspberry Pi, and where that is.
#[derive(Args, Clone, Debug)]
pub struct Pi {
    /// A step with a device: its number, name, package or folder; without it, the last that you
    /// have come to, or with `--solutions` the last one
    pub step: Option<String>,
    /// Take the finished program in solutions/
    #[arg(long)]
    pub solutions: bool,
    /// Build it here and copy it there with ssh and scp, say to pi@raspberrypi
    #[arg(long, value_name = "USER@PI", value_parser = host)]
    pub host: Option<String>,
}

/// A host for ssh and scp that neither of them takes for an option, or for a path.
fn host(text: &str) -> Result<String, &'static str> {
    let fine = |letter: char| letter.is_ascii_alphanumeric() || "@._-".contains(letter);
    if text.is_empty() || text.starts_with('-') || !text.chars().all(fine) {
        return Err("a host is a name that `ssh` knows, like pi@raspberrypi or pi@192.168.1.30");
    }
    Ok(text.to_owned())
}

/// What to check, and how.
#[derive(Args, Clone, Debug, Default)]
pub struct Check {
    /// A step: its number, name, package or folder, or `all`, `puzzle`, `firmware` or `browser`; without
    /// it, the next unfinished step
    pub step: Option<String>,
    /// Check the finished programs in solutions/
    #[arg(long, conflicts_with = "subject")]
    pub solutions: bool,
    /// Check a folder that is laid out like lessons/
    #[arg(long, value_name = "DIR")]
    pub subject: Option<PathBuf>,
    /// embedded, mosquitto, or a URL like mqtt://host:port or mqtts://user:password@host; several,
    /// with commas, are nodes of one broker, and a step's programs go to different ones
    #[arg(long, default_value = "embedded")]
    pub broker: BrokerChoice,
    /// Repeat a run: its random ids and light levels follow from this number
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How to say it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Show everything that was seen
    #[arg(long)]
    pub verbose: bool,
    /// Keep the packets in a file that Wireshark opens
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
    /// Draw the run on a page, and open it in a browser
    #[arg(long, conflicts_with = "format")]
    pub open: bool,
    /// Check the checks: every wrong program must be caught, every right one let through
    #[arg(long, conflicts_with_all = ["solutions", "subject", "format", "verbose"])]
    pub mutants: bool,
}

/// How verdicts are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// One JSON object a step, each on its own line
    Json,
}
