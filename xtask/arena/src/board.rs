//! The virtual board: a light sensor and an LED behind CounterFit's HTTP API.
//!
//! The paths and bodies are CounterFit's, so the lessons' programs run against a real CounterFit
//! and the original course's programs against this board. `/nightlight/wait` is our own: the
//! virtual clock.

pub mod counterfit;
mod entrance;
mod jam;
pub mod parts;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::post;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::door::Door;
use crate::loopback;
use crate::record::{Event, Record};
use counterfit::{Counterfit, Happening};
use entrance::Entrance;
use jam::Jam;
use parts::{Parts, Refusal, Scale, SensorSettings};

/// Where the light sensor sits: Grove analog socket A0.
pub const LIGHT_PORT: &str = "0";

/// Where the LED sits: Grove digital socket D5.
pub const LED_PORT: &str = "5";

/// As many connections a board serves at once. A program has one, and one for each thread that
/// waits.
pub const MOST_CONNECTIONS: usize = 64;

/// The parts of a nightlight: a light sensor and an LED, where the course has them.
///
/// # Errors
/// None: both sorts exist.
pub fn nightlight() -> Result<Parts, Refusal> {
    let mut parts = Parts::default();
    parts.add_sensor(LIGHT_PORT, "Light", None)?;
    parts.add_actuator(LED_PORT, "LED")?;
    Ok(parts)
}

/// A board that serves one program under observation.
#[derive(Debug)]
pub struct VirtualBoard {
    address: SocketAddr,
    counterfit: Arc<Counterfit>,
    jam: Jam,
    server: JoinHandle<()>,
}

impl VirtualBoard {
    /// Serves a board on a free loopback port. What the program does with it goes to `record`.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn start(clock: Arc<Clock>, record: Arc<Record>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(loopback::at(0))
            .await
            .context("no port is left for a board")?;
        let address = listener.local_addr()?;
        let counterfit = Arc::new(Counterfit::new(nightlight()?, {
            let (clock, record) = (Arc::clone(&clock), Arc::clone(&record));
            move |happening| {
                if let Some(event) = event(happening) {
                    record.push(clock.now(), event);
                }
            }
        }));
        let entrance = Entrance {
            door: Door::new(listener, MOST_CONNECTIONS),
            clock: Arc::clone(&clock),
            record: Arc::clone(&record),
        };
        let waits = Router::new()
            .route("/nightlight/wait", post(wait))
            .layer(DefaultBodyLimit::max(counterfit::BODY_LIMIT))
            .with_state((clock, record));
        let jam = Jam::default();
        let app = counterfit::routes(Arc::clone(&counterfit))
            .layer(middleware::from_fn_with_state(jam.clone(), jam::pass))
            .merge(waits);
        let server = tokio::spawn(async move {
            // It ends only with the arena, so there is nobody left to tell.
            let _ = axum::serve(entrance, app).await;
        });
        Ok(Self {
            address,
            counterfit,
            jam,
            server,
        })
    }

    /// What `NIGHTLIGHT_BOARD` is set to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port on 127.0.0.1 that it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Sets the light level, 0 to 1023, until further notice.
    pub fn set_light(&self, level: u16) {
        let settings = SensorSettings {
            value: Some(level.into()),
            ..SensorSettings::default()
        };
        // Whoever unplugs the sensor has no light level.
        let _ = self
            .counterfit
            .parts()
            .set_sensor(LIGHT_PORT, Scale::Integer, &settings);
    }

    /// Gives each reading a level of its own, and all that follow the last one.
    pub fn script_light(&self, levels: impl IntoIterator<Item = u16>) {
        let levels = levels.into_iter().map(f64::from);
        self.counterfit.parts().script(LIGHT_PORT, levels);
    }

    /// From now on nobody can switch anything: who tries waits for an answer, and none comes. A program
    /// that is killed meanwhile has not done it.
    pub fn jam(&self) {
        self.jam.begin();
    }

    /// Waits until somebody has tried to switch something on a board that is jammed.
    pub async fn is_tried(&self) {
        self.jam.is_tried().await;
    }

    /// What the LED was last told, if anything.
    pub fn led(&self) -> Option<bool> {
        self.counterfit.parts().is_on(LED_PORT)
    }
}

impl Drop for VirtualBoard {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What a check wants to know of a happening.
fn event(happening: Happening) -> Option<Event> {
    match happening {
        Happening::Read { port, value } if port == LIGHT_PORT => {
            let level = value.as_u64().and_then(|level| u16::try_from(level).ok())?;
            Some(Event::LightRead(level))
        }
        Happening::Switched { port, on } if port == LED_PORT => Some(Event::Led(on)),
        Happening::Refused(reason) => Some(Event::BoardRefused(reason)),
        _ => None,
    }
}

#[derive(Deserialize)]
struct Wait {
    ns: u64,
}

/// Answers when the wait is over, by the virtual clock.
async fn wait(
    State((clock, record)): State<(Arc<Clock>, Arc<Record>)>,
    body: String,
) -> Result<&'static str, (StatusCode, String)> {
    let Wait { ns } = serde_json::from_str(&body).map_err(|error| {
        (
            StatusCode::BAD_REQUEST,
            format!("{{\"ns\": …}} expected: {error}"),
        )
    })?;
    let wait = Duration::from_nanos(ns);
    let over = clock.begin_wait(wait);
    record.push(clock.now(), Event::WaitBegan(wait));
    // An error means that the arena is being cleared away, and the program with it.
    let _ = over.await;
    Ok("OK")
}
