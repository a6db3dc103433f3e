//! What is plugged into a board: sensors and actuators, each on a port, as CounterFit has them.

mod kinds;

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;
use serde_json::Value;

pub use kinds::{ACTUATOR_KINDS, SENSOR_KINDS, Scale, SensorKind, sensor_kind};
use kinds::{actuator_kind, list};

/// As many ports as CounterFit's page offers, of sensors and of actuators each.
const MOST_PARTS: usize = 127;

/// The longest name of a port, in characters.
const LONGEST_PORT: usize = 32;

/// Why the board does not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such part.
    #[error("{0}")]
    NotFound(String),
    /// The request makes no sense.
    #[error("{0}")]
    Bad(String),
}

/// A sensor, and what it sees.
#[derive(Debug, Serialize)]
pub struct Sensor {
    #[serde(rename = "type")]
    kind: &'static str,
    scale: Scale,
    unit: &'static str,
    lowest: f64,
    highest: f64,
    value: f64,
    is_random: bool,
    random_min: f64,
    random_max: f64,
    /// Values that are still to come, one a reading.
    #[serde(skip)]
    coming: VecDeque<f64>,
}

/// An actuator, and what it was told.
#[derive(Debug, Serialize)]
pub struct Actuator {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Nobody may have told it anything yet.
    value: Option<bool>,
    color: String,
}

/// New settings of a sensor; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct SensorSettings {
    /// What it sees.
    pub value: Option<f64>,
    /// Whether each reading is drawn at random.
    pub is_random: Option<bool>,
    /// From here
    pub random_min: Option<f64>,
    /// to here, both included.
    pub random_max: Option<f64>,
}

/// Everything on a board, by port. Ports differ by more than upper and lower case.
#[derive(Debug, Default, Serialize)]
pub struct Parts {
    sensors: BTreeMap<String, Sensor>,
    actuators: BTreeMap<String, Actuator>,
}

impl Parts {
    /// Plugs in a sensor. One of the same sort that is there already stays as it is.
    ///
    /// # Errors
    /// When there is no such sort, unit or port.
    pub fn add_sensor(
        &mut self,
        port: &str,
        kind: &str,
        unit: Option<&str>,
    ) -> Result<(), Refusal> {
        let port = checked_port(port)?;
        let kind = sensor_kind(kind)?;
        let unit = unit.unwrap_or(kind.units[0].0);
        let Some((unit, lowest, highest)) = kind.units.iter().find(|(name, ..)| *name == unit)
        else {
            return Err(Refusal::Bad(format!(
                "{} is not measured in `{unit}`. Its units: {}",
                kind.name,
                list(kind.units.iter().map(|(name, ..)| *name))
            )));
        };
        let same = |sensor: &Sensor| sensor.kind == kind.name && sensor.unit == *unit;
        if self.sensors.get(&port).is_some_and(same) {
            return Ok(());
        }
        room(self.sensors.len())?;
        let sensor = Sensor {
            kind: kind.name,
            scale: kind.scale,
            unit,
            lowest: *lowest,
            highest: *highest,
            value: *lowest,
            is_random: false,
            random_min: *lowest,
            random_max: *highest,
            coming: VecDeque::new(),
        };
        self.sensors.insert(port, sensor);
        Ok(())
    }

    /// Plugs in an actuator. One of the same sort that is there already stays as it is, so a
    /// device that starts again does not switch the lamp off.
    ///
    /// # Errors
    /// When there is no such sort or port.
    pub fn add_actuator(&mut self, port: &str, kind: &str) -> Result<(), Refusal> {
        let port = checked_port(port)?;
        let kind = actuator_kind(kind)?;
        if self.actuators.get(&port).is_some_and(|it| it.kind == kind) {
            return Ok(());
        }
        room(self.actuators.len())?;
        let actuator = Actuator {
            kind,
            value: None,
            color: "#ffb43c".to_owned(),
        };
        self.actuators.insert(port, actuator);
        Ok(())
    }

    /// Unplugs a sensor, if it is there.
    pub fn delete_sensor(&mut self, port: &str) {
        self.sensors.remove(&key(port));
    }

    /// Unplugs an actuator, if it is there.
    pub fn delete_actuator(&mut self, port: &str) {
        self.actuators.remove(&key(port));
    }

    /// Reads a sensor.
    ///
    /// # Errors
    /// When it is not there.
    pub fn read(&mut self, port: &str) -> Result<Value, Refusal> {
        Ok(self.sensor(port)?.read())
    }

    /// Changes what a sensor sees. All of it or, when something is wrong, nothing.
    ///
    /// # Errors
    /// When it is not there, of another scale, or a value is outside its range.
    pub fn set_sensor(
        &mut self,
        port: &str,
        scale: Scale,
        settings: &SensorSettings,
    ) -> Result<(), Refusal> {
        let name = port;
        let sensor = self.sensor(port)?;
        if sensor.scale != scale {
            let path = match sensor.scale {
                Scale::Integer => "integer_sensor_settings",
                Scale::Float => "float_sensor_settings",
                Scale::Boolean => "boolean_sensor_settings",
            };
            return Err(Refusal::Bad(format!(
                "the sensor on port {name} is of type {}: POST its settings to /{path}",
                sensor.kind
            )));
        }
        let value = settings.value.unwrap_or(sensor.value);
        let random_min = settings.random_min.unwrap_or(sensor.random_min);
        let random_max = settings.random_max.unwrap_or(sensor.random_max);
        for (field, number) in [
            ("value", value),
            ("random_min", random_min),
            ("random_max", random_max),
        ] {
            if !(sensor.lowest..=sensor.highest).contains(&number) {
                return Err(Refusal::Bad(format!(
                    "`{field}` is {number}, but {} goes from {} to {}",
                    sensor.kind, sensor.lowest, sensor.highest
                )));
            }
        }
        if random_min > random_max {
            return Err(Refusal::Bad(format!(
                "`random_min` is {random_min} and `random_max` is {random_max}: the first must \
                 not be larger"
            )));
        }
        sensor.value = value;
        sensor.random_min = random_min;
        sensor.random_max = random_max;
        sensor.is_random = settings.is_random.unwrap_or(sensor.is_random);
        sensor.coming.clear();
        Ok(())
    }

    /// Gives each reading of a sensor a value of its own, and all that follow the last one.
    pub fn script(&mut self, port: &str, values: impl IntoIterator<Item = f64>) {
        if let Ok(sensor) = self.sensor(port) {
            sensor.coming = values.into_iter().collect();
        }
    }

    /// What a sensor sees at this moment, without counting as a reading.
    pub fn sees(&self, port: &str) -> Option<f64> {
        self.sensors.get(&key(port)).map(|sensor| sensor.value)
    }

    /// Makes sure that an actuator is there.
    ///
    /// # Errors
    /// When it is not.
    pub fn is_there(&mut self, port: &str) -> Result<(), Refusal> {
        self.actuator(port).map(drop)
    }

    /// Switches an actuator.
    ///
    /// # Errors
    /// When it is not there.
    pub fn switch(&mut self, port: &str, on: bool) -> Result<(), Refusal> {
        self.actuator(port)?.value = Some(on);
        Ok(())
    }

    /// What an actuator was last told.
    pub fn is_on(&self, port: &str) -> Option<bool> {
        self.actuators.get(&key(port))?.value
    }

    /// The ports that have an LED, and whether it is on.
    pub fn leds(&self) -> impl Iterator<Item = (&str, bool)> {
        self.actuators
            .iter()
            .filter(|(_, actuator)| actuator.kind == "LED")
            .map(|(port, led)| (port.as_str(), led.value.unwrap_or(false)))
    }

    /// Changes an LED's colour.
    ///
    /// # Errors
    /// When it is not there, or the colour is not written like `#ff8800`.
    pub fn color(&mut self, port: &str, color: &str) -> Result<(), Refusal> {
        let digits = color.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(Refusal::Bad(format!(
                "`{color}` is not a colour. Write it like #ff8800"
            )));
        }
        self.actuator(port)?.color = color.to_ascii_lowercase();
        Ok(())
    }

    fn sensor(&mut self, port: &str) -> Result<&mut Sensor, Refusal> {
        self.sensors
            .get_mut(&key(port))
            .ok_or_else(|| Refusal::NotFound(format!("Sensor with port {port} not found")))
    }

    fn actuator(&mut self, port: &str) -> Result<&mut Actuator, Refusal> {
        self.actuators
            .get_mut(&key(port))
            .ok_or_else(|| Refusal::NotFound(format!("Actuator with port {port} not found")))
    }
}

impl Sensor {
    fn read(&mut self) -> Value {
        if let Some(value) = self.coming.pop_front() {
            self.value = value;
        } else if self.is_random {
            self.value = self.draw();
        }
        self.scale.render(self.value)
    }

    fn draw(&self) -> f64 {
        let (low, high) = (self.random_min, self.random_max);
        match self.scale {
            // Both are whole and far below 2^53.
            Scale::Integer => fastrand::i64(low as i64..=high as i64) as f64,
            Scale::Float => {
                let drawn = low + fastrand::f64() * (high - low);
                // Two digits, as CounterFit; rounding must not leave the range.
                ((drawn * 100.0).round() / 100.0).clamp(low, high)
            }
            Scale::Boolean => f64::from(u8::from(fastrand::bool())),
        }
    }
}

fn checked_port(port: &str) -> Result<String, Refusal> {
    let fine = (1..=LONGEST_PORT).contains(&port.chars().count())
        && !port.chars().any(|letter| letter.is_control());
    if fine {
        Ok(key(port))
    } else {
        Err(Refusal::Bad(format!(
            "a port is a number or a name of at most {LONGEST_PORT} characters"
        )))
    }
}

fn key(port: &str) -> String {
    port.to_lowercase()
}

fn room(parts: usize) -> Result<(), Refusal> {
    if parts < MOST_PARTS {
        Ok(())
    } else {
        Err(Refusal::Bad(format!(
            "the board is full: it has {MOST_PARTS} of these. Delete one first"
        )))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn light() -> Parts {
        let mut parts = Parts::default();
        parts.add_sensor("0", "Light", None).unwrap();
        parts
    }

    #[test]
    fn a_random_sensor_stays_in_its_range() {
        let mut parts = light();
        let settings = SensorSettings {
            is_random: Some(true),
            random_min: Some(298.0),
            random_max: Some(301.0),
            ..SensorSettings::default()
        };
        parts.set_sensor("0", Scale::Integer, &settings).unwrap();
        let seen: Vec<i64> = std::iter::repeat_with(|| parts.read("0").unwrap().as_i64().unwrap())
            .take(200)
            .collect();
        assert!(seen.iter().all(|level| (298..=301).contains(level)));
        assert!(seen.contains(&298) && seen.contains(&301), "{seen:?}");
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let mut parts = light();
        let settings = SensorSettings {
            value: Some(500.0),
            random_min: Some(900.0),
            random_max: Some(100.0),
            ..SensorSettings::default()
        };
        let refusal = parts.set_sensor("0", Scale::Integer, &settings);
        assert!(matches!(refusal, Err(Refusal::Bad(_))), "{refusal:?}");
        assert_eq!(parts.read("0"), Ok(json!(0)));
    }

    #[test]
    fn plugging_in_again_keeps_the_state() {
        let mut parts = light();
        parts.add_actuator("5", "LED").unwrap();
        parts.switch("5", true).unwrap();
        parts.add_actuator("5", "LED").unwrap();
        assert_eq!(parts.is_on("5"), Some(true));
        parts.add_actuator("5", "Relay").unwrap();
        assert_eq!(parts.is_on("5"), None);
    }
}
