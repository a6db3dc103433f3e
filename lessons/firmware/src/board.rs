//! The board with light sensor and LED, at the other end of a serial line.
//!
//! | we say | it answers |
//! |---|---|
//! | `settings?` | `settings {"id":"ab",…}` |
//! | `light?` | `light 299`, or `light! ` and why there is none |
//! | `led 1`, `led 0` | |
//! | `delay 7 5000` | `done 7`, when 5,000 ms are over by its clock |
//! | `stopped` | |
//!
//! Unasked it says `stop`: its power will be switched off.

use core::convert::Infallible;
use core::fmt;
use core::fmt::Write;
use core::str;

use embassy_executor::Spawner;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::{Duration, with_timeout};
use embedded_hal::digital::{ErrorType, OutputPin};
use heapless::{String, Vec};
use log::warn;

use crate::executor::start;
use crate::settings::Settings;
use crate::{lamp, serial};

/// How long the board may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Room for why there is no light level, in bytes.
const REASON: usize = 100;

/// How long until a question is asked once more that nobody was there to hear.
const AGAIN: Duration = Duration::from_secs(1);

type Answer<T> = Signal<CriticalSectionRawMutex, T>;

static SETTINGS: Answer<Settings> = Signal::new();
static LIGHT: Answer<Result<u16, NoLight>> = Signal::new();
static DONE: Answer<u32> = Signal::new();
static STOP: Answer<()> = Signal::new();

/// Hears what the board says.
#[embassy_executor::task]
async fn listen() {
    let mut line = Vec::new();
    loop {
        serial::hear(&mut line).await;
        if understand(&line).is_none() {
            let line = str::from_utf8(&line).unwrap_or("bytes that are no text");
            warn!("The board says what nobody understands: {line}");
        }
    }
}

/// Hands an answer to who waits for it.
fn understand(line: &[u8]) -> Option<()> {
    let line = str::from_utf8(line).ok()?;
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "settings" => {
            let mut scratch = [0; 512];
            let read = serde_json_core::from_str_escaped(rest, &mut scratch);
            SETTINGS.signal(read.ok()?.0);
        }
        "light" => LIGHT.signal(Ok(rest.parse().ok()?)),
        "light!" => LIGHT.signal(Err(NoLight::new(rest))),
        "done" => DONE.signal(rest.parse().ok()?),
        "stop" => STOP.signal(()),
        _ => return None,
    }
    Some(())
}

/// Begins to listen to the board, and asks it for the settings until it is there.
pub async fn settings(spawner: Spawner) -> Settings {
    start(spawner, listen());
    loop {
        serial::say(b"settings?");
        if let Ok(settings) = with_timeout(AGAIN, SETTINGS.wait()).await {
            return settings;
        }
    }
}

/// Waits until the power will be switched off.
pub async fn stop() {
    STOP.wait().await;
}

/// Says that it can be.
pub fn stopped() {
    serial::say(b"stopped");
}

/// The light sensor.
pub struct LightSensor(());

impl LightSensor {
    /// The light level, 0 (dark) to 1023 (bright).
    pub async fn light_level(&mut self) -> Result<u16, NoLight> {
        LIGHT.reset();
        serial::say(b"light?");
        with_timeout(PATIENCE, LIGHT.wait())
            .await
            .unwrap_or_else(|_| Err(NoLight::new("the board does not answer")))
    }
}

/// Why there is no light level.
#[derive(Debug)]
pub struct NoLight(String<REASON>);

impl NoLight {
    /// What is longer than there is room for is cut.
    fn new(why: &str) -> Self {
        let mut short = String::new();
        for letter in why.chars() {
            if short.push(letter).is_err() {
                break;
            }
        }
        Self(short)
    }
}

impl fmt::Display for NoLight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "There is no light level: {}", self.0)
    }
}

/// The LED: the one on the board, and with it the one of the machine.
pub struct Led(());

impl ErrorType for Led {
    type Error = Infallible;
}

impl OutputPin for Led {
    fn set_low(&mut self) -> Result<(), Infallible> {
        lamp::switch(false);
        serial::say(b"led 0");
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        lamp::switch(true);
        serial::say(b"led 1");
        Ok(())
    }
}

/// Time by the board's clock: a check's runs faster than the machine's.
pub struct Delay {
    asked: u32,
}

impl Delay {
    /// Waits so many milliseconds.
    pub async fn wait_ms(&mut self, ms: u32) {
        self.asked = self.asked.wrapping_add(1);
        let mut line = String::<32>::new();
        // Both numbers are short enough.
        let _ = write!(line, "delay {} {ms}", self.asked);
        serial::say(line.as_bytes());
        while DONE.wait().await != self.asked {}
    }
}

/// The parts of a board, each to move to where it is used.
pub struct Board {
    /// The light sensor.
    pub light_sensor: LightSensor,
    /// The LED.
    pub led: Led,
    /// The clock.
    pub delay: Delay,
}

impl Board {
    /// The board. Open it once: nobody could tell two programs' answers apart.
    pub fn open() -> Self {
        Self {
            light_sensor: LightSensor(()),
            led: Led(()),
            delay: Delay { asked: 0 },
        }
    }
}
