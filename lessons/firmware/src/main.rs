//! Step 4's device on a bare microcontroller: it tells how light it is and obeys the server. It
//! decides nothing.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicBool, Ordering};

use embassy_executor::Spawner;
use embassy_futures::select::{Either, Either4, select, select4};
use embassy_net::tcp::TcpSocket;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::channel::Channel;
use embassy_time::Timer;
use embedded_hal::digital::OutputPin;
use log::{info, warn};
use machine::board::{self, Board, Delay, Led, LightSensor};
use machine::mqtt::{Connection, Lost};
use machine::network;
use machine::settings::Settings;
use mqttrs::Packet;
use nightlight_core::{
    ClientName, Telemetry, Topic, client_name, commands_topic, telemetry_topic,
};

/// How many readings may wait to be sent.
const OUTBOX: usize = 10;

/// Room for what TCP has sent and what it has received, in bytes each.
const TCP_BUFFER: usize = 1024;

/// Who we are, and where we talk.
struct Names {
    client: ClientName,
    telemetry: Topic,
    commands: Topic,
}

impl Names {
    /// All of them begin with our id.
    fn of(id: &str) -> Option<Self> {
        Some(Self {
            client: client_name(id)?,
            telemetry: telemetry_topic(id)?,
            commands: commands_topic(id)?,
        })
    }
}

#[machine::entry]
fn main() -> ! {
    machine::run(|spawner| machine::start(spawner, nightlight(spawner)))
}

/// Runs until the power will be switched off.
#[embassy_executor::task]
async fn nightlight(spawner: Spawner) {
    let settings = board::settings(spawner).await;
    let stack = network::start(spawner, settings.seed);
    let Some(names) = Names::of(&settings.id) else {
        panic!("the id is too long");
    };
    // The sensor goes to a task of its own; the LED stays here, where the commands arrive.
    let Board {
        light_sensor,
        mut led,
        delay,
    } = Board::open();
    machine::start(spawner, send_light_levels(light_sensor, delay));

    let (mut received, mut sent) = ([0; TCP_BUFFER], [0; TCP_BUFFER]);
    loop {
        let mut socket = TcpSocket::new(stack, &mut received, &mut sent);
        let ended = one_connection(&mut socket, &settings, &names, &mut led).await;
        OUTGOING.go_offline();
        // Dropped without this, a socket says nothing to the broker.
        socket.abort();
        let _ = socket.flush().await;
        match ended {
            Ok(Asked) => break,
            Err(lost) => warn!("{lost}. Trying again."),
        }
        // Without a pause a dead broker would be asked thousands of times a second.
        let pause = Timer::after(settings.retry_pause());
        if let Either::Second(()) = select(pause, board::stop()).await {
            break;
        }
    }
    // A lamp without a program is better dark.
    let _ = led.set_low();
    board::stopped();
}

/// The power will be switched off.
struct Asked;

/// From CONNECT to the end of the connection.
async fn one_connection(
    socket: &mut TcpSocket<'_>,
    settings: &Settings,
    names: &Names,
    led: &mut Led,
) -> Result<Asked, Lost> {
    let login = settings.login.as_ref();
    let opened = Connection::open(socket, settings.broker, &names.client, login);
    let mut connection = match select(opened, board::stop()).await {
        Either::First(opened) => opened?,
        Either::Second(()) => return Ok(Asked),
    };
    info!("MQTT connected!");
    // TODO 2: after each CONNACK the connection subscribes to `names.commands`.
    OUTGOING.go_online();

    // Nothing is sent or received but in this loop: it must go round, and never wait for anything
    // but the network.
    loop {
        let ping = Timer::at(connection.next_ping());
        let reading = OUTGOING.readings.receive();
        // Who stands first goes first. Packets may come without end: they stand last.
        match select4(board::stop(), ping, reading, connection.arrived()).await {
            Either4::First(()) => {
                connection.goodbye().await;
                return Ok(Asked);
            }
            Either4::Second(()) => connection.ping().await?,
            Either4::Third(reading) => {
                let payload = reading.payload();
                connection.publish(&names.telemetry, &payload).await?;
            }
            Either4::Fourth(arrived) => {
                arrived?;
                connection.take(|packet| understand(packet, names, led))?;
            }
        }
    }
}

/// What a packet of the broker means to us.
fn understand(packet: &Packet, names: &Names, led: &mut Led) {
    match packet {
        // TODO 3: a SUBACK with a refusal is told with `warn!`.
        Packet::Suback(_) => info!("The broker has answered for {}.", names.commands),
        Packet::Publish(message) => obey(message.payload, led),
        _ => {}
    }
}

/// Does what a command says. Anybody may publish to our topic, so nothing about the payload is
/// taken on trust.
fn obey(payload: &[u8], led: &mut Led) {
    // TODO 4: a command that nightlight-core can read switches the LED, and is said with `info!`:
    // "Message received: " and the command. Any other payload is said with `warn!`, and the LED
    // stays as it is.
    // Until then every command switches the LED off.
    info!("Command of {} bytes", payload.len());
    let _ = led.set_low();
}

/// What waits to be sent.
struct Outgoing {
    /// Whether the broker has accepted us. A reading from an outage is worth nothing once the line is
    /// back, so it is not kept.
    online: AtomicBool,
    readings: Channel<CriticalSectionRawMutex, Telemetry, OUTBOX>,
}

static OUTGOING: Outgoing = Outgoing {
    online: AtomicBool::new(false),
    readings: Channel::new(),
};

impl Outgoing {
    fn go_online(&self) {
        self.online.store(true, Ordering::Relaxed);
    }

    fn go_offline(&self) {
        self.online.store(false, Ordering::Relaxed);
        self.readings.clear();
    }

    fn send(&self, reading: Telemetry) {
        if !self.online.load(Ordering::Relaxed) {
            return;
        }
        info!("Sending telemetry  {{\"light\":{}}}", reading.light);
        if self.readings.try_send(reading).is_err() {
            warn!("This reading is lost: too many wait already");
        }
    }
}

/// Tells every five seconds how light it is. Whether that means LED on is not decided here.
#[embassy_executor::task]
async fn send_light_levels(mut light_sensor: LightSensor, mut delay: Delay) {
    loop {
        // TODO 1: each round asks the sensor, and hands what it says to `OUTGOING.send`. Why it says
        // nothing is told with `warn!`.
        // Until then each level is told as darkness.
        if light_sensor.light_level().await.is_ok() {
            OUTGOING.send(Telemetry { light: 0 });
        }
        delay.wait_ms(5_000).await;
    }
}
