//! Right, but for taste: several modules, the event loop in a thread of its own, and the sensor in
//! `main`.

mod network;
mod reading;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, LightSensor, Settings};

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let mut board = Board::open(&settings)?;
    let outbox = network::start(&settings)?;
    loop {
        let light = board.light_sensor.light_level()?;
        board.led.set_state(PinState::from(light < 300))?;
        outbox.send(&reading::Reading::new(light))?;
        board.delay.delay_ms(5_000);
    }
}
