//! A virtual board, spoken to as CounterFit is (its HTTP API, version 0.1.4).

use std::sync::{Arc, Mutex, PoisonError};

use embedded_hal::digital::{ErrorType, OutputPin, PinState};
use serde_json::{Value, json};

use super::http::{Http, Reply};
use super::{Board, BoardDelay, BoardError, GroveLed, GroveLightSensor, LightSensor};

/// Grove analog socket A0.
const LIGHT_PIN: u8 = 0;

/// Grove digital socket D5.
const LED_PIN: u8 = 5;

/// The highest level of a virtual sensor: the largest number of its 10-bit converter.
const HIGHEST_LEVEL: u16 = 1023;

pub(super) fn open(host: &str, port: u16) -> Result<Board, BoardError> {
    let http = Http::new(host, port);
    let board = Arc::new(Counterfit {
        http: http.clone(),
        prepared: Mutex::new(false),
    });
    board.prepare()?;
    Ok(Board {
        light_sensor: GroveLightSensor(Box::new(VirtualLightSensor(Arc::clone(&board)))),
        led: GroveLed(Box::new(VirtualLed(board))),
        delay: BoardDelay::virtual_clock(http),
    })
}

struct Counterfit {
    http: Http,
    /// Whether sensor and LED are known to be there. A board that was away may come back without.
    prepared: Mutex<bool>,
}

impl Counterfit {
    fn prepare(&self) -> Result<(), BoardError> {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if *prepared {
            return Ok(());
        }
        self.expect_ok("POST /connect", self.http.post("/connect", ""))?;
        // Creating what is there already would reset it: the light level to 0, the LED to red.
        let sensor = format!("/sensor_value?port={LIGHT_PIN}");
        if self.reached(self.http.get(&sensor))?.status == 404 {
            let light = json!({"type": "Light", "pin": LIGHT_PIN, "unit": "NoUnits"});
            let reply = self.http.post("/create_sensor", &light.to_string());
            self.expect_ok("POST /create_sensor", reply)?;
        }
        // The API cannot be asked for an actuator, but the page shows those that are there.
        let page = self.reached(self.http.get("/"))?;
        if !page.body.contains(&format!("id=\"ledTitleId{LED_PIN}\"")) {
            let led = json!({"type": "LED", "port": LED_PIN});
            let reply = self.http.post("/create_actuator", &led.to_string());
            self.expect_ok("POST /create_actuator", reply)?;
        }
        *prepared = true;
        Ok(())
    }

    fn lost(&self) {
        *self.prepared.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }

    fn reached(&self, reply: Result<Reply, ureq::Error>) -> Result<Reply, BoardError> {
        reply.map_err(|error| BoardError::NotThere {
            url: self.http.url().to_owned(),
            reason: error.to_string(),
        })
    }

    fn expect_ok(
        &self,
        request: &str,
        reply: Result<Reply, ureq::Error>,
    ) -> Result<String, BoardError> {
        let reply = self.reached(reply)?;
        if reply.status == 200 {
            Ok(reply.body)
        } else {
            Err(BoardError::UnexpectedReply {
                url: self.http.url().to_owned(),
                request: request.to_owned(),
                reply: format!("{} {}", reply.status, reply.body),
            })
        }
    }

    fn light_level(&self) -> Result<u16, BoardError> {
        self.prepare()?;
        let path = format!("/sensor_value?port={LIGHT_PIN}");
        let reply = self.reached(self.http.get(&path))?;
        if reply.status == 404 {
            return Err(BoardError::NoLightSensor {
                url: self.http.url().to_owned(),
                pin: LIGHT_PIN,
            });
        }
        let body = self.expect_ok(&format!("GET {path}"), Ok(reply))?;
        serde_json::from_str::<Value>(&body)
            .ok()
            .and_then(|reply| reply.get("value")?.as_u64())
            .and_then(|level| u16::try_from(level).ok())
            .filter(|level| *level <= HIGHEST_LEVEL)
            .ok_or(BoardError::LightLevel {
                level: body,
                highest: HIGHEST_LEVEL,
            })
    }

    fn set_led(&self, on: bool) -> Result<(), BoardError> {
        self.prepare()?;
        let path = format!("/actuator_value?port={LED_PIN}");
        let reply = self.http.post(&path, &json!({"value": on}).to_string());
        self.expect_ok(&format!("POST {path}"), reply).map(drop)
    }

    /// What a part of the board came to; a failure means that the board has to be prepared anew.
    fn watched<T>(&self, result: Result<T, BoardError>) -> Result<T, BoardError> {
        if result.is_err() {
            self.lost();
        }
        result
    }
}

struct VirtualLightSensor(Arc<Counterfit>);

impl LightSensor for VirtualLightSensor {
    type Error = BoardError;

    fn light_level(&mut self) -> Result<u16, BoardError> {
        self.0.watched(self.0.light_level())
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
        self.0.watched(self.0.set_led(state.into()))
    }
}
