//! CounterFit's HTTP API (as of 0.1.4.dev9) for the parts of a board.
//!
//! Where CounterFit answers a request that makes no sense with 200 or 500, this board answers
//! with 4xx and a sentence that says what is wrong.

mod body;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::parts::{Parts, Refusal, Scale, SensorSettings, sensor_kind};
use body::{Body, excerpt, truth};

/// More than any request of this API needs, in bytes.
pub(super) const BODY_LIMIT: usize = 64 * 1024;

/// Something that happened on the board.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// A program says that it is there.
    Connected,
    /// A program says that it leaves.
    Disconnected,
    /// A sensor was read.
    Read {
        /// Its port.
        port: String,
        /// What it said.
        value: Value,
    },
    /// An actuator was switched.
    Switched {
        /// Its port.
        port: String,
        /// To what.
        on: bool,
    },
    /// Parts or their settings changed.
    Changed,
    /// A request was refused.
    Refused(String),
}

/// The parts of a board, and who is told what happens to them.
pub struct Counterfit {
    parts: Mutex<Parts>,
    tell: Box<dyn Fn(Happening) + Send + Sync>,
}

impl fmt::Debug for Counterfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counterfit").field(&self.parts).finish()
    }
}

impl Counterfit {
    /// A board with these parts. `tell` hears of everything after it has happened.
    pub fn new(parts: Parts, tell: impl Fn(Happening) + Send + Sync + 'static) -> Self {
        Self {
            parts: Mutex::new(parts),
            tell: Box::new(tell),
        }
    }

    /// The parts, for looking. Be quick: programs wait.
    pub fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the parts and says so.
    ///
    /// # Errors
    /// As `change`.
    pub fn change<T>(
        &self,
        change: impl FnOnce(&mut Parts) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let changed = change(&mut self.parts());
        match &changed {
            Ok(_) => (self.tell)(Happening::Changed),
            Err(refusal) => (self.tell)(Happening::Refused(refusal.to_string())),
        }
        changed
    }

    fn refuse(&self, refusal: Refusal) -> Refusal {
        (self.tell)(Happening::Refused(refusal.to_string()));
        refusal
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Bad(_) => StatusCode::BAD_REQUEST,
        };
        (status, self.to_string()).into_response()
    }
}

type Board = State<Arc<Counterfit>>;
type Answer = Result<Response, Refusal>;

/// The API's paths.
pub fn routes(board: Arc<Counterfit>) -> Router {
    Router::new()
        .route("/connect", post(connect))
        .route("/disconnect", post(disconnect))
        .route("/create_sensor", post(create_sensor))
        .route("/create_actuator", post(create_actuator))
        .route("/delete_sensor", post(delete_sensor))
        .route("/delete_actuator", post(delete_actuator))
        .route("/sensor_value", get(sensor_value))
        .route("/actuator_value", post(actuator_value))
        .route("/sensor_units", post(sensor_units))
        .route("/integer_sensor_settings", post(integer_settings))
        .route("/float_sensor_settings", post(float_settings))
        .route("/boolean_sensor_settings", post(boolean_settings))
        .route("/led_actuator_settings", post(led_settings))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(board)
}

fn ok() -> Answer {
    Ok("OK".into_response())
}

fn json_answer(value: &Value) -> Answer {
    let json = [(header::CONTENT_TYPE, "application/json")];
    Ok((json, value.to_string()).into_response())
}

async fn connect(State(board): Board) -> Answer {
    (board.tell)(Happening::Connected);
    ok()
}

async fn disconnect(State(board): Board) -> Answer {
    (board.tell)(Happening::Disconnected);
    ok()
}

async fn create_sensor(State(board): Board, body: String) -> Answer {
    board.change(|parts| {
        let body = Body::parse(&body)?;
        let kind = body.text("type")?;
        let port = body.port(&["pin", "port", "i2c_pin"])?;
        let unit = body.optional_text(&["unit", "i2c_unit"])?;
        parts.add_sensor(&port, kind, unit)
    })?;
    ok()
}

async fn create_actuator(State(board): Board, body: String) -> Answer {
    board.change(|parts| {
        let body = Body::parse(&body)?;
        parts.add_actuator(&body.port(&["port"])?, body.text("type")?)
    })?;
    ok()
}

async fn delete_sensor(State(board): Board, body: String) -> Answer {
    board.change(|parts| {
        parts.delete_sensor(&Body::parse(&body)?.port(&["port"])?);
        Ok(())
    })?;
    ok()
}

async fn delete_actuator(State(board): Board, body: String) -> Answer {
    board.change(|parts| {
        parts.delete_actuator(&Body::parse(&body)?.port(&["port"])?);
        Ok(())
    })?;
    ok()
}

/// Which part a request is about. CounterFit takes a missing port for an empty name.
#[derive(Deserialize)]
struct Port {
    #[serde(default)]
    port: String,
}

async fn sensor_value(State(board): Board, Query(Port { port }): Query<Port>) -> Answer {
    let read = board.parts().read(&port);
    let value = read.map_err(|refusal| board.refuse(refusal))?;
    let answer = json_answer(&json!({ "value": value }));
    (board.tell)(Happening::Read { port, value });
    answer
}

async fn actuator_value(
    State(board): Board,
    Query(Port { port }): Query<Port>,
    body: String,
) -> Answer {
    let switched = (|| {
        let told = truth(&body).ok_or_else(|| {
            let excerpt = excerpt(&body);
            Refusal::Bad(format!(
                "an actuator is set with {{\"value\": true}} or false, not with {excerpt}"
            ))
        });
        // A missing LED matters more than what it should be told.
        let mut parts = board.parts();
        parts.is_there(&port)?;
        let on = told?;
        parts.switch(&port, on).map(|()| on)
    })();
    let on = switched.map_err(|refusal| board.refuse(refusal))?;
    (board.tell)(Happening::Switched { port, on });
    ok()
}

async fn sensor_units(State(board): Board, body: String) -> Answer {
    let units = Body::parse(&body)
        .and_then(|body| Ok(sensor_kind(body.text("type")?)?.units))
        .map_err(|refusal| board.refuse(refusal))?;
    let names: Vec<_> = units.iter().map(|(name, ..)| name).collect();
    json_answer(&json!({ "units": names }))
}

async fn integer_settings(board: Board, body: String) -> Answer {
    sensor_settings(&board, Scale::Integer, &body)
}

async fn float_settings(board: Board, body: String) -> Answer {
    sensor_settings(&board, Scale::Float, &body)
}

async fn boolean_settings(board: Board, body: String) -> Answer {
    sensor_settings(&board, Scale::Boolean, &body)
}

fn sensor_settings(board: &Counterfit, scale: Scale, body: &str) -> Answer {
    board.change(|parts| {
        let body = Body::parse(body)?;
        let settings = SensorSettings {
            value: match scale {
                Scale::Boolean => body
                    .optional_bool("value")?
                    .map(|on| f64::from(u8::from(on))),
                _ => body.optional_number("value", scale)?,
            },
            is_random: body.optional_bool("is_random")?,
            random_min: body.optional_number("random_min", scale)?,
            random_max: body.optional_number("random_max", scale)?,
        };
        parts.set_sensor(&body.port(&["port"])?, scale, &settings)
    })?;
    ok()
}

async fn led_settings(State(board): Board, body: String) -> Answer {
    board.change(|parts| {
        let body = Body::parse(&body)?;
        parts.color(&body.port(&["port"])?, body.text("color")?)
    })?;
    ok()
}
