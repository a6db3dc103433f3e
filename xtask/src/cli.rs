//! The command line.

use std::path::PathBuf;

use arena::broker::BrokerChoice;
use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// Serve a broker for your own experiments
    Broker {
        /// The port to listen on
        #[arg(long, default_value_t = 1883)]
        port: u16,
    },
    /// Serve a virtual board for your own experiments
    Board {
        /// The port to listen on
        #[arg(long, default_value_t = 5000)]
        port: u16,
    },
    /// Measure what the kit promises (for maintainers)
    #[command(subcommand)]
    Bench(Bench),
    /// Write the starters in lessons/ anew from solutions/ (for maintainers)
    Starters {
        /// Change nothing; fail when a starter is not what the solution makes of it
        #[arg(long)]
        check: bool,
    },
}

/// What to check, and how.
#[derive(Args, Clone, Debug)]
pub struct Check {
    /// step1 to step4, a package's name, or `all`; without it, the next unfinished step
    pub step: Option<String>,
    /// Check the finished programs in solutions/
    #[arg(long, conflicts_with = "subject")]
    pub solutions: bool,
    /// Check a folder that is laid out like lessons/
    #[arg(long, value_name = "DIR")]
    pub subject: Option<PathBuf>,
    /// embedded, mosquitto, or mqtt://host:port
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
    /// Check the checks: every wrong program must be caught, every right one let through
    #[arg(long, conflicts_with_all = ["solutions", "subject", "format", "verbose"])]
    pub mutants: bool,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Bench {
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
    },
}

/// How verdicts are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// One JSON object a step, each on its own line
    Json,
}
