//! Labs: somebody predicts which packets will cross the line, does something, and compares.
//!
//! They are data, a file for each step that has some. The page lets people predict and shows what
//! came. What a finished program's line carries stands here, too, and a test in the browser plays
//! every lab to see that it is true.

use serde::{Deserialize, Serialize};

/// By the step's number.
const FILES: [(u8, &str); 1] = [(1, include_str!("../labs/step1.toml"))];

/// One lab.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lab {
    /// In a word.
    pub id: String,
    /// In a few words.
    pub title: String,
    /// What happens, and what is to be predicted.
    pub ask: String,
    /// What is done.
    pub act: Act,
    /// When it is over: with a packet of this kind, or with `lamp` when the LED has changed.
    pub until: String,
    /// What crosses a finished device's line until then, in order. Pings do not count.
    #[serde(rename = "packet")]
    pub packets: Vec<Crossing>,
    /// Why.
    pub explain: String,
}

/// What can be done; the page has a button for it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// The light goes from one side of 300 to the other.
    #[serde(rename = "cross-300")]
    Cross300,
    /// The device's line is cut for three seconds.
    CutLine,
    /// The broker ends and starts again.
    RestartBroker,
}

/// A packet, as far as it is predicted.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Crossing {
    /// Its name in MQTT 3.1.1.
    pub kind: String,
    /// Who sends it.
    pub from: End,
}

/// An end of the line.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// The device.
    Device,
    /// The broker.
    Broker,
}

#[derive(Deserialize)]
struct File {
    lab: Vec<Lab>,
}

/// The labs of this step: none where it has none.
///
/// # Errors
/// When its file is none of labs.
pub fn of_step(step: u8) -> Result<Vec<Lab>, toml::de::Error> {
    match FILES.iter().find(|(number, _)| *number == step) {
        Some((_, text)) => Ok(toml::from_str::<File>(text)?.lab),
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lab_can_be_read_and_comes_to_an_end() {
        for (step, _) in FILES {
            let labs = of_step(step).unwrap();
            assert!(labs.len() >= 3, "step {step} has only {}", labs.len());
            for lab in labs {
                let last = lab.packets.last().map(|packet| packet.kind.as_str());
                assert!(
                    lab.until == "lamp" || last == Some(&*lab.until),
                    "{} of step {step} never ends",
                    lab.id
                );
            }
        }
        assert!(of_step(u8::MAX).unwrap().is_empty());
    }
}
