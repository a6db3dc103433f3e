//! The virtual board: a light sensor and an LED behind CounterFit's HTTP API.
//!
//! The paths and bodies are CounterFit's, so the lessons' programs run against a real CounterFit
//! and the original course's programs against this board. `/nightlight/wait` is our own: the
//! virtual clock.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::record::{Event, Record};

/// Where the light sensor sits: Grove analog socket A0.
pub const LIGHT_PORT: u16 = 0;

/// Where the LED sits: Grove digital socket D5.
pub const LED_PORT: u16 = 5;

/// A board that serves one program.
#[derive(Debug)]
pub struct VirtualBoard {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    light: Mutex<Light>,
    led: Mutex<Option<bool>>,
    clock: Option<Arc<Clock>>,
    record: Arc<Record>,
}

impl VirtualBoard {
    /// Serves a board on a free loopback port. What the program does with it goes to `record`.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn start(clock: Arc<Clock>, record: Arc<Record>) -> anyhow::Result<Self> {
        Self::listen(([127, 0, 0, 1], 0).into(), Some(clock), record).await
    }

    /// Serves a board at `address` for whoever comes, without a virtual clock: its programs live
    /// in real time.
    ///
    /// # Errors
    /// When the port is in use or may not be opened.
    pub async fn serve(address: SocketAddr) -> anyhow::Result<Self> {
        Self::listen(address, None, Arc::default()).await
    }

    async fn listen(
        address: SocketAddr,
        clock: Option<Arc<Clock>>,
        record: Arc<Record>,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("no board can listen on {address}"))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            light: Mutex::default(),
            led: Mutex::new(None),
            clock,
            record,
        });
        let app = routes(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // It ends only with the arena, so there is nobody left to tell.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            address,
            shared,
            server,
        })
    }

    /// What `NIGHTLIGHT_BOARD` is set to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets the light level, 0 to 1023, until further notice.
    pub fn set_light(&self, level: u16) {
        *self.shared.light() = Light {
            now: level,
            coming: VecDeque::new(),
        };
    }

    /// Gives each reading a level of its own, and all that follow the last one.
    pub fn script_light(&self, levels: impl IntoIterator<Item = u16>) {
        self.shared.light().coming = levels.into_iter().collect();
    }

    /// What the LED was last told, if anything.
    pub fn led(&self) -> Option<bool> {
        *self
            .shared
            .led
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for VirtualBoard {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Light {
    fn next(&mut self) -> u16 {
        self.now = self.coming.pop_front().unwrap_or(self.now);
        self.now
    }
}

impl Shared {
    fn light(&self) -> MutexGuard<'_, Light> {
        self.light.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, event: Event) {
        let now = self
            .clock
            .as_ref()
            .map_or(Duration::ZERO, |clock| clock.now());
        self.record.push(now, event);
    }
}

/// What the sensor sees: the levels that are still to come, one a reading, and then the last one
/// for ever.
#[derive(Debug, Default)]
struct Light {
    now: u16,
    coming: VecDeque<u16>,
}

type Answer = Result<String, (StatusCode, String)>;

fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/connect", post(ok))
        .route("/disconnect", post(ok))
        .route("/create_sensor", post(ok))
        .route("/create_actuator", post(ok))
        .route(
            "/sensor_units",
            post(async || json!({ "units": ["NoUnits"] }).to_string()),
        )
        .route("/sensor_value", get(sensor_value))
        .route("/actuator_value", post(actuator_value))
        .route("/nightlight/wait", post(wait))
        .with_state(shared)
}

/// The sensor and the LED are always there, so there is nothing to do.
async fn ok() -> &'static str {
    "OK"
}

#[derive(Deserialize)]
struct Port {
    port: u16,
}

async fn sensor_value(
    State(board): State<Arc<Shared>>,
    Query(Port { port }): Query<Port>,
) -> Answer {
    if port != LIGHT_PORT {
        return Err(missing(&board, "Sensor", port));
    }
    let level = board.light().next();
    board.record(Event::LightRead(level));
    Ok(json!({ "value": level }).to_string())
}

async fn actuator_value(
    State(board): State<Arc<Shared>>,
    Query(Port { port }): Query<Port>,
    body: String,
) -> Answer {
    if port != LED_PORT {
        return Err(missing(&board, "Actuator", port));
    }
    let on = match serde_json::from_str::<Value>(&body)
        .ok()
        .and_then(|body| truth(&body["value"]))
    {
        Some(on) => on,
        None => {
            let reason =
                format!("an LED is set with {{\"value\": true}} or false, not with {body}");
            board.record(Event::BoardRefused(reason.clone()));
            return Err((StatusCode::BAD_REQUEST, reason));
        }
    };
    *board.led.lock().unwrap_or_else(PoisonError::into_inner) = Some(on);
    board.record(Event::Led(on));
    Ok("OK".to_owned())
}

/// CounterFit's own libraries send a JSON boolean or 0 and 1.
fn truth(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| match value.as_u64()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    })
}

fn missing(board: &Shared, kind: &str, port: u16) -> (StatusCode, String) {
    let reason = format!("{kind} with port {port} not found");
    board.record(Event::BoardRefused(reason.clone()));
    (StatusCode::NOT_FOUND, reason)
}

#[derive(Deserialize)]
struct Wait {
    ns: u64,
}

/// Answers when the wait is over, by the virtual clock.
async fn wait(State(board): State<Arc<Shared>>, body: String) -> Answer {
    let Wait { ns } = serde_json::from_str(&body).map_err(|error| {
        (
            StatusCode::BAD_REQUEST,
            format!("{{\"ns\": …}} expected: {error}"),
        )
    })?;
    let wait = Duration::from_nanos(ns);
    let Some(clock) = &board.clock else {
        return Err((
            StatusCode::NOT_FOUND,
            "this board has no virtual clock".to_owned(),
        ));
    };
    let over = clock.begin_wait(wait);
    board.record(Event::WaitBegan(wait));
    // An error means that the arena is being cleared away, and the program with it.
    let _ = over.await;
    Ok("OK".to_owned())
}
