//! Which crates programs are linked with: most steps' do without TLS.

use course::Step;

/// What a program may `use`, by the name it uses it under.
const CRATES: [&str; 9] = [
    "anyhow",
    "ctrlc",
    "embedded_hal",
    "fastrand",
    "nightlight",
    "rumqttc",
    "serde",
    "serde_json",
    "tokio",
];

/// What it may use beside them where it encrypts for itself.
const CRATES_FOR_TLS: [&str; 3] = ["rustls", "tokio_rustls", "webpki_roots"];

/// A package of the workspace that has such crates, all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shelf {
    /// What all steps have.
    Plain,
    /// The same and what encrypts, for the steps that ask for it. `rumqttc` is another one there, so
    /// it takes its time to build.
    Tls,
}

impl Shelf {
    /// The one for a step's programs.
    pub fn of(step: &Step) -> Self {
        if step.tls { Self::Tls } else { Self::Plain }
    }

    /// The package's name.
    pub(super) fn package(self) -> &'static str {
        match self {
            Self::Plain => "palette",
            Self::Tls => "palette-tls",
        }
    }

    /// The package's library.
    pub(super) fn library(self) -> &'static str {
        match self {
            Self::Plain => "palette",
            Self::Tls => "palette_tls",
        }
    }

    /// What a program may `use`.
    pub(super) fn crates(self) -> impl Iterator<Item = &'static str> {
        let more = match self {
            Self::Plain => &[][..],
            Self::Tls => &CRATES_FOR_TLS,
        };
        CRATES.iter().chain(more).copied()
    }
}
