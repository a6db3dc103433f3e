//! Labs: somebody predicts which packets will cross the line, does something, and compares.
//!
//! They are data, a file for each step that has some. The page lets people predict and shows what
//! came. What a finished program's line carries stands here, too, and a test in the browser plays
//! every lab to see that it is true.

use serde::{Deserialize, Serialize};

/// By the step's number. “A deeper look at MQTT” follows on step 1, and has no programs of its own.
const FILES: [(u8, &str); 10] = [
    (1, include_str!("../labs/step1.toml")),
    (1, include_str!("../labs/deeper.toml")),
    (2, include_str!("../labs/step2.toml")),
    (3, include_str!("../labs/step3.toml")),
    (4, include_str!("../labs/step4.toml")),
    (5, include_str!("../labs/step5.toml")),
    (6, include_str!("../labs/step6.toml")),
    (7, include_str!("../labs/step7.toml")),
    (8, include_str!("../labs/step8.toml")),
    (9, include_str!("../labs/step9.toml")),
];

/// Those of a page that is a client itself: whatever the step is.
const BROWSER: &str = include_str!("../labs/browser.toml");

/// One lab.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lab {
    /// In a word. Of an experiment it is that one's name.
    pub id: String,
    /// In a few words.
    pub title: String,
    /// What happens, and what is to be predicted.
    pub ask: String,
    /// Whose line is watched.
    #[serde(default)]
    pub line: Line,
    /// The topics to choose from. Where there are none, only kinds and directions are predicted.
    #[serde(default)]
    pub topics: Vec<String>,
    /// What is done.
    pub act: Act,
    /// When it is over: with a packet of this kind, or with `lamp` when the LED has changed.
    pub until: String,
    /// With how many packets of that kind.
    #[serde(default = "once")]
    pub times: usize,
    /// Whether PINGREQ and PINGRESP count, too.
    #[serde(default)]
    pub pings: bool,
    /// Kinds of packets, and topics, that do not count here: what may come sooner or later. The words
    /// of the lab say so.
    #[serde(default)]
    pub besides: Vec<String>,
    /// What crosses that line until then with finished programs, in order. Of several devices it is
    /// the first one's, and `<device>` stands for the name of any.
    #[serde(rename = "packet")]
    pub packets: Vec<Crossing>,
    /// Why.
    pub explain: String,
}

fn once() -> usize {
    1
}

/// A program's line to the broker.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// The device's.
    #[default]
    Device,
    /// That of the server, or of what stands in its place.
    Server,
    /// That of a client which the page starts for an experiment.
    Client,
    /// That of a page that is a client itself.
    Browser,
}

/// What can be done; the page has a button for it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// The light goes from one side of 300 to the other.
    #[serde(rename = "cross-300")]
    Cross300,
    /// The device's line is cut for three seconds.
    CutDevice,
    /// The device's line is cut for eight seconds, in which a reading is due.
    CutDeviceForARound,
    /// What the device has told last is published once more.
    SendAgain,
    /// The server's line is cut for three seconds, and a task is typed.
    TaskWhileCut,
    /// The device has no power while two tasks are typed.
    TasksWhileAway,
    /// The device has no power while three states are typed.
    StatesWhileAway,
    /// All lines are cut, and for five seconds whoever connects is shown an expired certificate.
    ExpiredCertificate,
    /// The broker ends and starts again.
    RestartBroker,
    /// Something that is no JSON is sent to the program whose line is watched.
    SendNonsense,
    /// A client of the page's own shows what MQTT does: see [`crate::stage::Experiment`].
    Experiment,
    /// Nothing is done.
    Watch,
}

/// A packet, as far as it is predicted.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Crossing {
    /// Its name in MQTT 3.1.1.
    pub kind: String,
    /// Who sends it.
    pub from: End,
    /// Topic name or filter, with `<id>` in it.
    pub topic: Option<String>,
    /// Quality of service, 0 to 2; of a subscription what is asked for.
    pub qos: Option<u8>,
}

/// An end of the line.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// The program.
    Program,
    /// The broker.
    Broker,
}

#[derive(Deserialize)]
struct File {
    lab: Vec<Lab>,
}

/// The labs of this step, and of a browser where there is one.
///
/// # Errors
/// When a file is none of labs.
pub fn of_step(step: u8, has_browser: bool) -> Result<Vec<Lab>, toml::de::Error> {
    let mut labs = Vec::new();
    let files = FILES.iter().filter(|(number, _)| *number == step);
    let browser = has_browser.then_some(BROWSER);
    for text in files.map(|(_, text)| *text).chain(browser) {
        labs.extend(toml::from_str::<File>(text)?.lab);
    }
    Ok(labs)
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;

    use super::*;
    use crate::stage::Experiment;

    #[test]
    fn every_lab_can_be_read_and_comes_to_an_end() {
        for (step, text) in FILES.into_iter().chain([(u8::MAX, BROWSER)]) {
            let labs = toml::from_str::<File>(text).unwrap().lab;
            assert!(labs.len() >= 3, "step {step} has only {}", labs.len());
            for lab in labs {
                let name = format!("{} of step {step}", lab.id);
                let last = lab.packets.last();
                let ends = last.is_some_and(|last| last.kind == lab.until);
                let ending = lab.packets.iter().filter(|it| it.kind == lab.until);
                let ends = ends && ending.count() == lab.times;
                assert!(lab.until == "lamp" || ends, "{name} never ends");
                let experiment = Experiment::deserialize(lab.id.as_str().into_deserializer());
                let experiment: Result<_, serde::de::value::Error> = experiment;
                let is_one = lab.act == Act::Experiment && lab.line == Line::Client;
                assert_eq!(is_one, experiment.is_ok(), "{name}");
                for packet in &lab.packets {
                    let has_topic = ["PUBLISH", "SUBSCRIBE"].contains(&&*packet.kind);
                    let told = packet.topic.is_some() && packet.qos.is_some();
                    assert_eq!(has_topic, told, "{name}: {packet:?}");
                    let known = |topic| lab.topics.contains(topic);
                    assert!(packet.topic.as_ref().is_none_or(known), "{name}");
                    let counts = |it| !lab.besides.contains(it);
                    assert!(
                        counts(&packet.kind) && packet.topic.as_ref().is_none_or(counts),
                        "{name}"
                    );
                }
            }
        }
        assert_eq!(of_step(1, false).unwrap().len(), 3 + 8);
        assert_eq!(of_step(1, true).unwrap().len(), 3 + 8 + 3);
        assert!(of_step(u8::MAX, false).unwrap().is_empty());
    }
}
