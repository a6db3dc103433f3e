//! The board: light sensor, LED and button at the chip's own pins.

use core::convert::Infallible;
use core::fmt;

use embassy_executor::Spawner;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::{Duration, Timer, with_timeout};
use embedded_hal::digital::{ErrorType, OutputPin};
use esp_hal::Async;
use esp_hal::analog::adc::{Adc, AdcConfig, AdcPin, Attenuation};
use esp_hal::gpio::{Input, InputConfig, Level, Output, OutputConfig, Pull};
use esp_hal::peripherals::{ADC1, GPIO3};
use esp_hal::rng::Rng;
use log::info;

use crate::executor::start;
use crate::parts;
use crate::settings::Settings;

/// How long the converter may take.
const PATIENCE: Duration = Duration::from_secs(1);

static STOP: Signal<CriticalSectionRawMutex, ()> = Signal::new();

/// Begins to look at the button, and reads the settings that were built in.
///
/// # Panics
/// When they are longer than there is room for.
pub async fn settings(spawner: Spawner) -> Settings {
    start(spawner, watch_the_button());
    let mut scratch = [0; 512];
    let built_in = env!("NIGHTLIGHT_SETTINGS");
    match serde_json_core::from_str_escaped::<Settings>(built_in, &mut scratch) {
        Ok((mut settings, _)) => {
            let chance = Rng::new();
            settings.seed = u64::from(chance.random()) << 32 | u64::from(chance.random());
            settings
        }
        Err(error) => panic!("the settings cannot be read: {error}"),
    }
}

/// Whoever presses BOOT wants to switch the power off.
#[embassy_executor::task]
async fn watch_the_button() {
    let pulled_up = InputConfig::default().with_pull(Pull::Up);
    Input::new(parts::BUTTON.take(), pulled_up)
        .wait_for_falling_edge()
        .await;
    STOP.signal(());
}

/// Waits until the power will be switched off.
pub async fn stop() {
    STOP.wait().await;
}

/// Says that it can be.
pub fn stopped() {
    info!("Good night. The power can go; RESET begins anew.");
}

/// The light sensor: a photoresistor towards 3.3 V and a resistor towards ground, and between the two
/// the pin. The more light, the higher the voltage.
pub struct LightSensor {
    converter: Adc<'static, ADC1<'static>, Async>,
    pin: AdcPin<GPIO3<'static>, ADC1<'static>>,
}

impl LightSensor {
    /// The light level, 0 (dark) to 1023 (bright).
    pub async fn light_level(&mut self) -> Result<u16, NoLight> {
        let measured = self.converter.read_oneshot(&mut self.pin);
        let measured = with_timeout(PATIENCE, measured)
            .await
            .map_err(|_| NoLight)?;
        // The converter has twelve bits, and a light level ten.
        Ok(measured >> 2)
    }
}

/// The converter has not answered.
#[derive(Debug)]
pub struct NoLight;

impl fmt::Display for NoLight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("There is no light level: the converter does not answer")
    }
}

/// The LED, lit when its pin is high.
pub struct Led(Output<'static>);

impl ErrorType for Led {
    type Error = Infallible;
}

impl OutputPin for Led {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.set_low();
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.set_high();
        Ok(())
    }
}

/// Time by the chip's clock.
pub struct Delay(());

impl Delay {
    /// Waits so many milliseconds.
    pub async fn wait_ms(&mut self, ms: u32) {
        Timer::after_millis(ms.into()).await;
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
    /// The board.
    ///
    /// # Panics
    /// The second time: nobody else can have its pins.
    pub fn open() -> Self {
        let (converter, pin) = parts::SENSOR.take();
        let mut config = AdcConfig::new();
        // The widest range there is, up to about 2.5 V.
        let pin = config.enable_pin(pin, Attenuation::_11dB);
        Self {
            light_sensor: LightSensor {
                converter: Adc::new(converter, config).into_async(),
                pin,
            },
            led: Led(Output::new(
                parts::LED.take(),
                Level::Low,
                OutputConfig::default(),
            )),
            delay: Delay(()),
        }
    }
}
