//! The command line of `cargo xtask grade`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use arena::broker::BrokerChoice;
use clap::Parser;
use grading::sheets::Dialect;

use crate::parts::Shard;

/// Grade a class: one folder, .zip or .tar.gz per learner, each laid out like lessons/
#[derive(Debug, Parser)]
#[command(name = "cargo xtask grade", bin_name = "cargo xtask grade")]
pub struct Arguments {
    /// The folder with the submissions; or `merge`, and the results of the parts
    pub submissions: PathBuf,
    /// With `merge`: folders that runs with --shard have written
    #[arg(value_name = "PART")]
    pub parts: Vec<PathBuf>,
    /// Where the results go
    #[arg(long, value_name = "DIR", default_value = "grades")]
    pub out: PathBuf,
    /// How many programs are compiled at once; four times as many run [default: one a core]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Go on where a run before was stopped
    #[arg(long)]
    pub resume: bool,
    /// Grade a part of the class only, such as 2/3: the second of three
    #[arg(long, value_name = "K/N", requires = "seed")]
    pub shard: Option<Shard>,
    /// Grade this learner once more, or one step as in NAME/step3; everybody else stays as graded
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Ask the class what another run asked: random ids and light levels follow from this number
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Run submissions even where there is no sandbox
    #[arg(long)]
    pub trust_submissions: bool,
    /// embedded, mosquitto, or a URL like mqtt://host:port or mqtts://user:password@host
    #[arg(long, default_value = "embedded")]
    pub broker: BrokerChoice,
    /// Points and rubric [default: xtask/grade/course.toml]
    #[arg(long, value_name = "FILE")]
    pub course: Option<PathBuf>,
    /// Who may hand in until when: a learner and a day like 2026-11-30 a line
    #[arg(long, value_name = "FILE")]
    pub extensions: Option<PathBuf>,
    /// Points for the written assignment, typed into the rubric.csv of a run before
    #[arg(long, value_name = "FILE")]
    pub scores: Option<PathBuf>,
    /// Points and comments for single steps: learner, step, points and comment a line
    #[arg(long, value_name = "FILE")]
    pub manual: Option<PathBuf>,
    /// Numbers instead of names on pages and in sheets; key.csv tells whose they are
    #[arg(long)]
    pub anonymous: bool,
    /// Keep the packets of each step that is graded, 4 MiB at most, in files that Wireshark opens
    #[arg(long, value_name = "DIR", conflicts_with = "parts")]
    pub pcap: Option<PathBuf>,
    /// What separates the cells of grades.csv and rubric.csv: comma, semicolon or tab
    #[arg(long, value_name = "NAME", default_value = "comma")]
    pub csv_delimiter: Dialect,
    /// A sheet downloaded from Canvas, to be filled in
    #[arg(long, value_name = "FILE")]
    pub canvas: Option<PathBuf>,
    /// The assignment's title in the Canvas sheet
    #[arg(long, value_name = "TITLE", default_value = "Nightlight")]
    pub canvas_column: String,
    /// A worksheet downloaded from Moodle, to be filled in
    #[arg(long, value_name = "FILE")]
    pub moodle: Option<PathBuf>,
    /// The grade's column in the Moodle worksheet, in your site's language
    #[arg(long, value_name = "TITLE", default_value = "Grade")]
    pub moodle_column: String,
}

impl Arguments {
    /// Whether parts are to be put together, and nothing to be graded.
    pub fn is_merge(&self) -> bool {
        self.submissions.as_os_str() == "merge" && !self.parts.is_empty()
    }
}
