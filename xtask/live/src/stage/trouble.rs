//! What can be broken on purpose, and why it cannot be at the moment.

use serde::Deserialize;

use course::{ProgramId, SERVER};

/// Why a button did nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The line is cut already.
    #[error("the line is cut already")]
    AlreadyCut,
    /// The broker is away already.
    #[error("the broker is being restarted already")]
    AlreadyRestarting,
    /// An experiment takes its time.
    #[error("an experiment is under way already")]
    AlreadyExperimenting,
    /// The broker belongs to somebody else.
    #[error("{0}")]
    ForeignBroker(String),
    /// There is no broker to send it to.
    #[error("the broker does not answer at the moment, so nothing can be sent")]
    NoBroker,
    /// There is no such program.
    #[error("no {0} runs here")]
    NoProgram(String),
    /// The program runs already.
    #[error("{0} runs already")]
    Runs(String),
    /// The program has ended already.
    #[error("{0} does not run, so it cannot be unplugged")]
    DoesNotRun(String),
    /// No program here reads what is typed.
    #[error("no program here takes orders, or the one that does has ended")]
    NobodyTakesOrders,
    /// The server subscribes to nothing.
    #[error("the server of this step listens to no topic: it takes what is typed")]
    HearsNobody,
    /// There is no message of the device, or only a part of it is known.
    #[error("no message of the device is there that could be sent once more")]
    NothingToRepeat,
    /// The lines of this step are not encrypted.
    #[error("nothing is encrypted in this step, so no certificate is shown")]
    NotEncrypted,
    /// An expired certificate is shown already.
    #[error("an expired certificate is shown already")]
    AlreadyExpired,
    /// No certificate can be made.
    #[error("no certificate can be made: {0}")]
    NoCertificate(String),
    /// The program does not start.
    #[error("{0} does not start: {1}")]
    DoesNotStart(String, String),
}

/// Faults of a malformed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Malformed {
    /// The payload is no JSON.
    NotJson,
    /// The payload is a JSON object without the expected key.
    WrongKey,
    /// The payload has the expected key with a value of another type.
    WrongType,
}

impl Malformed {
    pub(super) fn payload(self, to: ProgramId) -> &'static str {
        match (self, to) {
            (Self::NotJson, _) => "not json",
            (Self::WrongKey, SERVER) => r#"{"lumens": 5}"#,
            (Self::WrongKey, _) => r#"{"lamp": true}"#,
            (Self::WrongType, SERVER) => r#"{"light": "dark"}"#,
            (Self::WrongType, _) => r#"{"led_on": "yes"}"#,
        }
    }
}
