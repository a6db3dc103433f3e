//! The programs of a step.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Names a program within its step: `device`, `server`, `monitor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ProgramId(&'static str);

/// Has the light sensor and the LED.
pub const DEVICE: ProgramId = ProgramId("device");

/// Decides.
pub const SERVER: ProgramId = ProgramId("server");

/// Shows what is measured, and who is there.
pub const MONITOR: ProgramId = ProgramId("monitor");

/// What a device is called when nobody says otherwise, as in the library's settings.
pub const DEVICE_NAME: &str = "device1";

/// Stands for a device's name in a step's file.
const PLACE: &str = "<device>";

impl ProgramId {
    /// As in the step's file.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// The program of that name, if any step has one.
    pub fn of(name: &str) -> Option<Self> {
        let programs = crate::steps().iter().flat_map(|step| &step.programs);
        let mut ids = programs.map(|program| program.id);
        ids.find(|id| id.0 == name)
    }
}

impl fmt::Display for ProgramId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Only a program that some step has.
impl<'de> Deserialize<'de> for ProgramId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::of(&name).ok_or_else(|| D::Error::custom(format!("no step has a program `{name}`")))
    }
}

/// A name that a step's file gives. Those files are read once, so what is kept for good is little.
pub(crate) fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ProgramId, D::Error> {
    let name = String::deserialize(deserializer)?;
    Ok(ProgramId(Box::leak(name.into_boxed_str())))
}

/// The topic of the lesson's first steps.
fn telemetry() -> String {
    "telemetry".to_owned()
}

/// One program of a step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its name within the step.
    #[serde(deserialize_with = "named")]
    pub id: ProgramId,
    /// The learner's binary; the solution's ends in `-solution`.
    pub binary: String,
    /// Its crate root within the step's folder.
    pub source: String,
    /// What follows the id in its MQTT client name. Of several devices, `<device>` is the name.
    pub client: String,
    /// Where it tells its readings, if it does, below the id and a slash. `<device>` as above.
    #[serde(default = "telemetry")]
    pub telemetry: String,
    /// Whether it has a light sensor and an LED.
    pub board: bool,
    /// Whether it looks at the light sensor, round by round, if it has a board.
    #[serde(default = "yes")]
    pub sensor: bool,
    /// Whether it keeps files in the folder of its settings, which outlive it.
    #[serde(default)]
    pub keeps_files: bool,
    /// Whether somebody types orders to it, on its standard input.
    #[serde(default)]
    pub takes_orders: bool,
    /// How many of it `run` starts, at least 1. If more than one, each is a device with a board and
    /// a name of its own.
    #[serde(default = "one")]
    pub instances: u8,
    /// The file of an earlier step that it goes on from, within `solutions/`.
    #[serde(default)]
    pub follows: Option<String>,
}

/// As many devices as `run` starts at most: more would crowd the page.
pub const MOST_INSTANCES: u8 = 12;

fn one() -> u8 {
    1
}

fn yes() -> bool {
    true
}

impl Program {
    /// The client name that it must use under this id, where it is the only one of its kind.
    pub fn client_name(&self, id: &str) -> String {
        self.client_name_as(DEVICE_NAME, id)
    }

    /// The client name that it must use under this id when the device is called so.
    pub fn client_name_as(&self, device: &str, id: &str) -> String {
        format!("{id}{}", self.client.replace(PLACE, device))
    }

    /// The kind of topic on which it tells its readings when the device is called so: what comes
    /// after the id and a slash.
    pub fn telemetry_as(&self, device: &str) -> String {
        self.telemetry.replace(PLACE, device)
    }
}
