//! A virtual board: CounterFit, or one that speaks CounterFit's HTTP API (as of 0.1.4.dev9).

mod clock;
#[cfg(test)]
mod fake_board;
mod http;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embedded_hal::digital::{ErrorType, OutputPin, PinState};
use serde_json::{Value, json};

pub(super) use clock::VirtualClock;
use http::Http;

use super::{Board, BoardDelay, BoardError, GroveLed, GroveLightSensor, LightSensor};

/// Grove's analog socket A0.
const LIGHT_PIN: u8 = 0;

/// Grove's digital socket D5.
const LED_PIN: u8 = 5;

/// The highest level of CounterFit's light sensor, which has 10 bits.
const HIGHEST_LEVEL: u16 = 1023;

/// Opens the board at `http://host:port`.
pub(super) fn open(url: String) -> Result<Board, BoardError> {
    open_with(Http::new(url))
}

fn open_with(http: Http) -> Result<Board, BoardError> {
    let clock = VirtualClock::new(http.clone());
    let prepared = Mutex::new(false);
    let board = Arc::new(Counterfit { http, prepared });
    board.prepare()?;
    Ok(Board {
        light_sensor: GroveLightSensor(Box::new(VirtualLightSensor(Arc::clone(&board)))),
        led: GroveLed::on(VirtualLed(board)),
        delay: BoardDelay::by(clock),
    })
}

struct Counterfit {
    http: Http,
    /// Whether sensor and LED are known to be there. After any error they are not: a board that
    /// was restarted comes back empty, and answers 200 to a value for an LED that it lacks.
    prepared: Mutex<bool>,
}

impl Counterfit {
    /// Runs a request on a board that has sensor and LED.
    fn prepared<T>(
        &self,
        request: impl FnOnce(&Self) -> Result<T, BoardError>,
    ) -> Result<T, BoardError> {
        let result = self.prepare().and_then(|()| request(self));
        if result.is_err() {
            *self.is_prepared() = false;
        }
        result
    }

    fn is_prepared(&self) -> MutexGuard<'_, bool> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the board that a device is there, and adds the sensor and the LED if they are missing.
    ///
    /// Adding one that is there would replace it, and the level or the colour that somebody has set.
    fn prepare(&self) -> Result<(), BoardError> {
        let mut prepared = self.is_prepared();
        if *prepared {
            return Ok(());
        }
        self.http.post("/connect", "")?.ok()?;
        if !self.has_light_sensor()? {
            let sensor = json!({"type": "Light", "pin": LIGHT_PIN, "unit": "NoUnits"});
            let reply = self.http.post("/create_sensor", &sensor.to_string())?;
            reply.ok()?;
        }
        if !self.has_led()? {
            let led = json!({"type": "LED", "port": LED_PIN});
            let reply = self.http.post("/create_actuator", &led.to_string())?;
            reply.ok()?;
        }
        *prepared = true;
        Ok(())
    }

    fn has_light_sensor(&self) -> Result<bool, BoardError> {
        let reply = self.http.get(&format!("/sensor_value?port={LIGHT_PIN}"))?;
        Ok(reply.status != 404)
    }

    /// The API cannot be asked for an actuator, but the board's page shows the title of each LED.
    fn has_led(&self) -> Result<bool, BoardError> {
        let page = self.http.get("/")?;
        Ok(page.body.contains(&format!("id=\"ledTitleId{LED_PIN}\"")))
    }

    fn light_level(&self) -> Result<u16, BoardError> {
        let reply = self.http.get(&format!("/sensor_value?port={LIGHT_PIN}"))?;
        if reply.status == 404 {
            return Err(BoardError::NoLightSensor {
                url: self.http.url().to_owned(),
                pin: LIGHT_PIN,
            });
        }
        let reply = reply.ok()?;
        let json = serde_json::from_str::<Value>(&reply.body);
        let Some(value) = json.as_ref().ok().and_then(|json| json.get("value")) else {
            return Err(reply.unexpected());
        };
        value
            .as_u64()
            .and_then(|level| u16::try_from(level).ok())
            .filter(|level| *level <= HIGHEST_LEVEL)
            .ok_or_else(|| BoardError::NoLightLevel {
                sensor: format!("the sensor on pin {LIGHT_PIN} of {}", self.http.url()),
                level: value.to_string(),
                highest: HIGHEST_LEVEL,
            })
    }

    fn set_led(&self, on: bool) -> Result<(), BoardError> {
        let path = format!("/actuator_value?port={LED_PIN}");
        let reply = self.http.post(&path, &json!({"value": on}).to_string())?;
        reply.ok().map(drop)
    }
}

struct VirtualLightSensor(Arc<Counterfit>);

impl LightSensor for VirtualLightSensor {
    type Error = BoardError;

    fn light_level(&mut self) -> Result<u16, BoardError> {
        self.0.prepared(Counterfit::light_level)
    }
}

struct VirtualLed(Arc<Counterfit>);

impl ErrorType for VirtualLed {
    type Error = BoardError;
}

impl OutputPin for VirtualLed {
    fn set_low(&mut self) -> Result<(), BoardError> {
        self.set_state(PinState::Low)
    }

    fn set_high(&mut self) -> Result<(), BoardError> {
        self.set_state(PinState::High)
    }

    fn set_state(&mut self, state: PinState) -> Result<(), BoardError> {
        self.0.prepared(|board| board.set_led(state.into()))
    }
}

#[cfg(test)]
mod tests;
