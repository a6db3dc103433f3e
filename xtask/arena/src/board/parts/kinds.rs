//! The sorts of sensors and actuators that a board can have.

use serde::Serialize;
use serde_json::{Value, json};

use super::Refusal;

/// CounterFit's largest measured value, where physics knows no end.
const NO_END: f64 = 999_999_999.0;

/// What a sensor's value is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Whole numbers.
    Integer,
    /// Numbers with a fraction.
    Float,
    /// True or false.
    Boolean,
}

impl Scale {
    pub(super) fn render(self, value: f64) -> Value {
        match self {
            Self::Integer => json!(value as i64),
            Self::Float => json!(value),
            Self::Boolean => json!(value != 0.0),
        }
    }
}

/// A sort of sensor.
#[derive(Debug)]
pub struct SensorKind {
    /// CounterFit's name for it.
    pub name: &'static str,
    /// CounterFit's names of its units, each with its lowest and highest value.
    pub units: &'static [(&'static str, f64, f64)],
    /// What its value is made of.
    pub scale: Scale,
}

/// An analog sensor of 10 bits.
const fn analog(name: &'static str) -> SensorKind {
    SensorKind {
        name,
        units: &[("NoUnits", 0.0, 1023.0)],
        scale: Scale::Integer,
    }
}

/// The sensors this board can have: CounterFit's, but for those on serial lines and cameras.
pub static SENSOR_KINDS: &[SensorKind] = &[
    SensorKind {
        name: "Button",
        units: &[("NoUnits", 0.0, 1.0)],
        scale: Scale::Boolean,
    },
    SensorKind {
        name: "Humidity",
        units: &[("Percent", 0.0, 100.0)],
        scale: Scale::Float,
    },
    analog("IR"),
    analog("Light"),
    SensorKind {
        name: "Pressure",
        units: &[
            ("kPa", 0.0, NO_END),
            ("torr", 0.0, NO_END),
            ("atm", 0.0, NO_END),
            ("bar", 0.0, NO_END),
        ],
        scale: Scale::Float,
    },
    analog("Soil Moisture"),
    SensorKind {
        name: "Temperature",
        // Nothing is colder than 0 K.
        units: &[
            ("Celsius", -273.15, NO_END),
            ("Fahrenheit", -459.67, NO_END),
            ("Kelvin", 0.0, NO_END),
        ],
        scale: Scale::Float,
    },
    analog("UV"),
];

/// The actuators this board can have: things that are on or off.
pub const ACTUATOR_KINDS: [&str; 2] = ["LED", "Relay"];

/// The sort of sensor of that name.
///
/// # Errors
/// Says which sorts there are.
pub fn sensor_kind(name: &str) -> Result<&'static SensorKind, Refusal> {
    SENSOR_KINDS
        .iter()
        .find(|kind| kind.name == name)
        .ok_or_else(|| {
            Refusal::Bad(format!(
                "this board has no sensor of type `{name}`. It can have: {}",
                list(SENSOR_KINDS.iter().map(|kind| kind.name))
            ))
        })
}

/// CounterFit's name for a sort of actuator.
///
/// # Errors
/// Says which sorts there are.
pub(super) fn actuator_kind(name: &str) -> Result<&'static str, Refusal> {
    ACTUATOR_KINDS
        .into_iter()
        .find(|kind| *kind == name)
        .ok_or_else(|| {
            Refusal::Bad(format!(
                "this board has no actuator of type `{name}`. It can have: {}",
                list(ACTUATOR_KINDS)
            ))
        })
}

pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}
