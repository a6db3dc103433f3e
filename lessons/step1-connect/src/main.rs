//! Step 1: the nightlight goes online. It still decides by itself when to shine.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, BoardError, LightSensor, Settings};
// TODO 2 also needs `ConnectionError`, `Event`, `Outgoing` and `Packet` from here.
use rumqttc::{Client, MqttOptions};

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

    // Ctrl-C asks the event loop to say goodbye, and waits for room in the outbox if need be. If
    // there is no broker to say it to, the message on `stop` ends the wait for one.
    let (stop, stopped) = mpsc::channel();
    ctrlc::set_handler(move || {
        let _ = stop.send(());
        let _ = client.disconnect();
    })?;

    thread::spawn(move || follow_the_light(board));

    // Nothing is sent or received but in this loop: it must go round, and never wait for anything
    // but the network.
    for event in connection.iter() {
        // TODO 2: look at each event with `match event`:
        //   - a CONNACK, `Ok(Event::Incoming(Packet::ConnAck(_)))`: print "MQTT connected!";
        //   - our own goodbye, `Ok(Event::Outgoing(Outgoing::Disconnect))`: leave the loop;
        //   - any other `Ok(_)`: nothing to do;
        //   - `Err(error)`: `report` it, then wait with `stopped.recv_timeout(settings.retry_pause)`. If
        //     that is `Ok`, Ctrl-C was pressed: leave the loop. If not, go on: the loop connects again.
        // Until then the program shows what comes, and its first error ends it for good.
        println!("{:?}", event?);
        if stopped.recv_timeout(Duration::from_millis(1)).is_ok() {
            break;
        }
    }
    Ok(())
}

/// Who we are to the broker. No two clients may share a name: the broker throws the first one out.
fn mqtt_options(settings: &Settings) -> MqttOptions {
    // TODO 1: give the client its name, your id followed by "nightlight_client"
    // (`format!("{}nightlight_client", settings.id)`), and a keep-alive of 60 seconds
    // (`options.set_keep_alive`).
    let mut options = MqttOptions::new("nobody", &settings.broker.host, settings.broker.port);
    // A broker that asks for a password gets it in the CONNECT.
    if let Some((user, password)) = settings.broker.login() {
        options.set_credentials(user, password);
    }
    options
}

// TODO 3: write `fn report(error: &ConnectionError)`. It says on stderr (`eprintln!`) why there is
// no connection. A broker that answers but refuses us is `ConnectionError::ConnectionRefused`.

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
