//! The lamp.

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use nightlight::{Board, LightSensor, Settings};

pub fn shine(settings: &Settings) -> anyhow::Result<()> {
    let Board {
        mut light_sensor,
        mut led,
        mut delay,
    } = Board::open(settings)?;
    loop {
        match light_sensor.light_level()? {
            ..=299 => led.set_high()?,
            300.. => led.set_low()?,
        }
        delay.delay_ms(1_000);
    }
}
