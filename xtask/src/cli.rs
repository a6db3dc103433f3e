//! The command line.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

use arena::broker::BrokerChoice;
use clap::{Args, Parser, Subcommand, ValueEnum};
use course::MOST_INSTANCES;

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

/// Which broker, and where.
#[derive(Args, Clone, Debug)]
pub struct Broker {
    /// The port to listen on; without it 1883, and 8883 for a classroom
    #[arg(long, value_name = "N", conflicts_with = "cluster")]
    pub port: Option<u16>,
    /// Do not show what clients do
    #[arg(long, conflicts_with_all = ["classroom", "cluster"])]
    pub quiet: bool,
    /// With `--listen`: let everybody in who reaches it, without a password
    #[arg(long, requires = "listen", conflicts_with = "classroom")]
    pub anonymous: bool,
    /// Also take MQTT over WebSocket, from pages of this machine, and serve one that is a client;
    /// without a number on port 8083
    #[arg(
        long,
        value_name = "N",
        num_args = 0..=1,
        default_missing_value = "8083",
        conflicts_with_all = ["classroom", "cluster"]
    )]
    pub ws: Option<u16>,
    /// With `--ws`: also let pages with this name in, as a browser IDE forwards them; those of
    /// Codespaces, Gitpod and Coder are known
    #[arg(long, value_name = "NAME", requires = "ws")]
    pub allow_host: Vec<String>,
    /// Serve a room with Mosquitto: encrypted, and a password and topics of their own for everybody
    #[arg(long, requires = "learners")]
    pub classroom: bool,
    /// Serve RabbitMQ in so many nodes that are one broker, on free ports of this machine; without a
    /// number three
    #[arg(
        long,
        value_name = "N",
        num_args = 0..=1,
        default_missing_value = "3",
        conflicts_with_all = ["classroom", "listen"],
        value_parser = clap::value_parser!(u8).range(1..=7)
    )]
    pub cluster: Option<u8>,
    /// With `--cluster`: keep sessions on several nodes, so that they outlive one
    #[arg(long, requires = "cluster")]
    pub replicated: bool,
    /// What a classroom has.
    #[command(flatten)]
    pub room: Classroom,
}

/// Who is in the room, and how others reach the broker.
#[derive(Args, Clone, Debug)]
pub struct Classroom {
    /// The learners: a file with their ids, one a line, or how many there are
    #[arg(long, value_name = "FILE|N", requires = "classroom")]
    pub learners: Option<String>,
    /// The address to listen on; with 0.0.0.0 your whole network reaches it, and is asked for a
    /// password
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<IpAddr>,
    /// The name or address by which learners reach this computer; without it, a guess
    #[arg(long, value_name = "NAME", requires = "classroom")]
    pub host: Option<String>,
    /// Where passwords and certificates are kept for the next time; without it, target/classroom
    #[arg(long, value_name = "DIR", requires = "classroom")]
    pub out: Option<PathBuf>,
}

/// Where the board is.
#[derive(Args, Clone, Debug)]
pub struct Board {
    /// The port to listen on
    #[arg(long, default_value_t = 5000)]
    pub port: u16,
    /// The address to listen on; with 0.0.0.0 everybody in your network can use the board
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub listen: IpAddr,
    /// Open the board's page in a browser
    #[arg(long)]
    pub open: bool,
    /// Do not show what programs do with it
    #[arg(long)]
    pub quiet: bool,
    /// Also let the board's page be used under this name, as a browser IDE forwards it; those of
    /// Codespaces, Gitpod and Coder are known
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
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
    /// A step: its number, name, package or folder, or `all`, `puzzle` or `firmware`; without it, the
    /// next unfinished step
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

/// What can be measured.
#[derive(Clone, Debug, Subcommand)]
pub enum Bench {
    /// Send messages through each broker, and let thousands of devices loose on them
    #[command(disable_help_flag = true)]
    Broker {
        /// See `cargo xtask bench broker --help`
        #[arg(num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Send readings and commands over MQTT, HTTP, AMQP and CoAP: bytes, packets, round trips, and
    /// what an outage loses
    #[command(disable_help_flag = true)]
    Protocols {
        /// See `cargo xtask bench protocols --help`
        #[arg(num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Grade generated submissions: how fast, and how much of it is the compiler?
    #[command(disable_help_flag = true)]
    Grade {
        /// See `cargo xtask bench grade --help`
        #[arg(num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Run commands that have nothing to do, and checks: how much longer than cargo alone?
    Floor {
        /// How often; the median counts
        #[arg(long, default_value_t = 9)]
        rounds: usize,
    },
    /// Save like a learner: how long until the verdict, and how much of it is the compiler?
    Saving {
        /// How often per step; the median counts
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Check the solutions and the corpus again and again under load: do verdicts ever differ?
    Steadiness {
        /// How many checks in all
        #[arg(long, default_value_t = 500)]
        runs: usize,
        /// How many threads keep the processor busy meanwhile
        #[arg(long, default_value_t = 4)]
        load: usize,
        /// The first check's seed; the others count up from it
        #[arg(long, value_name = "N")]
        seed: Option<u64>,
        /// Only programs with this in their names, `step4` say, or `wrong/led-on`
        #[arg(long, value_name = "TEXT", default_value = "")]
        only: String,
    },
    /// What becomes of the readings of step 7's solution, and of the tasks of step 8's, through outage
    /// after outage
    Outages {
        /// Only step 7, or only step 8: its number, name, package or folder
        step: Option<String>,
        /// Not the solution of step 7, but programs that leave it to MQTT that readings arrive: QoS 1,
        /// and sessions that are kept
        #[arg(long, conflicts_with = "step")]
        qos_1: bool,
        /// How many outages in all, for each step
        #[arg(long, default_value_t = 1_000)]
        runs: usize,
        /// The first seed; fifty outages have one, and the others count up from it
        #[arg(long, value_name = "N")]
        seed: Option<u64>,
        /// Which broker: `embedded`, `mosquitto`, or a URL such as mqtt://127.0.0.1:1883
        #[arg(long, value_name = "BROKER", default_value = "embedded")]
        broker: BrokerChoice,
    },
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
