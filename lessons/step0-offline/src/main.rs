//! Step 0: a nightlight without any network.

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, BoardError, LightSensor, Settings};

/// Below this light level it is night.
const DARK: u16 = 300;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let board = Board::open(&settings)?;
    // The chapter changes this, one thing at a time: a thread, a channel, and a guard for the LED.
    follow_the_light(board);
    Ok(())
}

/// Looks once a second, for as long as the program runs.
fn follow_the_light(mut board: Board) {
    loop {
        if let Err(error) = look_and_decide(&mut board) {
            eprintln!("{error}");
        }
        board.delay.delay_ms(1_000);
    }
}

/// LED on in the dark, off otherwise.
fn look_and_decide(board: &mut Board) -> Result<(), BoardError> {
    let light = board.light_sensor.light_level()?;
    println!("Light level: {light}");
    board.led.set_state(PinState::from(light < DARK))
}
