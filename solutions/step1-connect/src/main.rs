//! Step 1: the nightlight goes online. It still decides by itself when to shine.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, BoardError, LightSensor, Settings};
// ANCHOR: imports
use rumqttc::{Client, ConnectionError, Event, MqttOptions, Outgoing, Packet};
// ANCHOR_END: imports

/// Below this light level it is night.
const DARK: u16 = 300;

/// How many outgoing packets may wait for the event loop.
const OUTBOX: usize = 10;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let board = Board::open(&settings)?;
    // Puts the LED out when `main` ends. The thread that has the LED never does.
    let _guard = board.led.guard();
    let (client, mut connection) = Client::new(mqtt_options(&settings), OUTBOX);

    // ANCHOR: ctrl-c
    // Ctrl-C asks the event loop to say goodbye, and waits for room in the outbox if need be. If
    // there is no broker to say it to, the message on `stop` ends the wait for one.
    let (stop, stopped) = mpsc::channel();
    ctrlc::set_handler(move || {
        let _ = stop.send(());
        let _ = client.disconnect();
    })?;
    // ANCHOR_END: ctrl-c

    // ANCHOR: sensor-thread
    thread::spawn(move || follow_the_light(board));
    // ANCHOR_END: sensor-thread

    // Nothing is sent or received but in this loop: it must go round, and never wait for anything
    // but the network.
    for event in connection.iter() {
        // ANCHOR: events
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => println!("MQTT connected!"),
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
            Ok(_) => {}
            Err(error) => {
                report(&error);
                // The next turn connects again, and at once: without a pause a dead broker would
                // be asked thousands of times a second.
                if stopped.recv_timeout(settings.retry_pause).is_ok() {
                    break;
                }
            }
        }
        // ANCHOR_END: events
    }
    Ok(())
}

/// Who we are to the broker. No two clients may share a name: the broker throws the first one out.
fn mqtt_options(settings: &Settings) -> MqttOptions {
    // ANCHOR: options
    let name = format!("{}nightlight_client", settings.id);
    let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    options.set_keep_alive(Duration::from_secs(60));
    // ANCHOR_END: options
    // A broker that asks for a password gets it in the CONNECT.
    if let Some((user, password)) = settings.broker.login() {
        options.set_credentials(user, password);
    }
    options
}

// ANCHOR: report
/// Says in plain words why there is no connection.
fn report(error: &ConnectionError) {
    match error {
        ConnectionError::ConnectionRefused(reason) => {
            eprintln!("The broker refuses this client: {reason:?}. Trying again.");
        }
        ConnectionError::MqttState(reason) => {
            eprintln!("The connection is lost: {reason}. Trying again.");
            eprintln!("If that goes on, another client may have the same name.");
        }
        other => eprintln!("No connection to the broker: {other}. Is it running? Trying again."),
    }
}
// ANCHOR_END: report

/// Looks once a second, with or without a broker.
fn follow_the_light(mut board: Board) {
    loop {
        if let Err(error) = look_and_decide(&mut board) {
            eprintln!("{error}");
        }
        board.delay.delay_ms(1_000);
    }
}

/// The nightlight you know: LED on in the dark, off otherwise.
fn look_and_decide(board: &mut Board) -> Result<(), BoardError> {
    let light = board.light_sensor.light_level()?;
    println!("Light level: {light}");
    board.led.set_state(PinState::from(light < DARK))
}
