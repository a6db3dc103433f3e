//! Step 0: a nightlight without any network.

// ANCHOR: imports
use std::sync::mpsc;
use std::thread;

// ANCHOR_END: imports
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, BoardError, LightSensor, Settings};

// ANCHOR: dark
/// Below this light level it is night.
const DARK: u16 = 300;
// ANCHOR_END: dark

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let board = Board::open(&settings)?;
    // ANCHOR: goodbye
    // ANCHOR: guard
    // Puts the LED out when `main` ends. The thread that has the LED never does.
    let _guard = board.led.guard();
    // ANCHOR_END: guard
    // ANCHOR: thread
    thread::spawn(move || follow_the_light(board));
    // ANCHOR_END: thread

    // ANCHOR: channel
    // Ctrl-C calls this from a thread of its own. All it does is leave a message.
    let (stop, stopped) = mpsc::channel();
    ctrlc::set_handler(move || {
        let _ = stop.send(());
    })?;
    // Waits here until the message comes.
    stopped.recv()?;
    // ANCHOR_END: channel
    // ANCHOR_END: goodbye
    Ok(())
}

// ANCHOR: follow
/// Looks once a second, for as long as the program runs.
fn follow_the_light(mut board: Board) {
    loop {
        if let Err(error) = look_and_decide(&mut board) {
            eprintln!("{error}");
        }
        board.delay.delay_ms(1_000);
    }
}
// ANCHOR_END: follow

// ANCHOR: decide
/// LED on in the dark, off otherwise.
fn look_and_decide(board: &mut Board) -> Result<(), BoardError> {
    let light = board.light_sensor.light_level()?;
    println!("Light level: {light}");
    board.led.set_state(PinState::from(light < DARK))
}
// ANCHOR_END: decide
