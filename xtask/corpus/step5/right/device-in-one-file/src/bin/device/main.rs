//! All in one file, with a channel of commands to the one thread that speaks of its presence, and
//! acknowledgements told apart by their packet identifiers. Readings have QoS 1, too.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, LightSensor, Settings};
use rumqttc::{
    Client, Event, LastWill, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode,
};

const AWAY: u8 = 0;
const HERE: u8 = 1;
const LEAVING: u8 = 2;

fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let mut board = Board::open(&settings)?;
    let status = format!("{}/status", settings.id);
    let name = format!("{}nightlight_client", settings.id);
    let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    options
        .set_keep_alive(Duration::from_secs(30))
        .set_last_will(LastWill::new(&status, "offline", QoS::AtLeastOnce, true));
    let (client, mut connection) = Client::new(options, 20);
    let state = Arc::new(AtomicU8::new(AWAY));

    let (told, teller) = (Arc::clone(&state), client.clone());
    let light_topic = format!("{}/telemetry/light", settings.id);
    thread::spawn(move || {
        loop {
            if let Ok(light) = board.light_sensor.light_level() {
                let _ = board.led.set_state(PinState::from(light < 300));
                if told.load(Ordering::SeqCst) == HERE {
                    let payload = format!("{{\"light\":{light}}}");
                    let _ = teller.try_publish(&light_topic, QoS::AtLeastOnce, false, payload);
                }
            }
            board.delay.delay_ms(5_000);
        }
    });

    let (ask, asked) = mpsc::channel();
    let wake = client.clone();
    let waked = Arc::clone(&state);
    let goodbye = settings.goodbye;
    let last = status.clone();
    ctrlc::set_handler(move || {
        let before = waked.swap(LEAVING, Ordering::SeqCst);
        let _ = ask.send(());
        if before == HERE {
            let _ = wake.try_publish(&last, QoS::AtLeastOnce, true, "offline");
            thread::sleep(goodbye);
        }
        std::process::exit(1);
    })?;

    let mut open: HashSet<u16> = HashSet::new();
    let mut left_at: Option<Instant> = None;
    while let Ok(event) = connection.recv() {
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                let here = state.compare_exchange(AWAY, HERE, Ordering::SeqCst, Ordering::SeqCst);
                if here.is_ok() {
                    client.try_subscribe(&status, QoS::AtMostOnce)?;
                    client.try_publish(&status, QoS::AtLeastOnce, true, "online")?;
                }
            }
            Ok(Event::Incoming(Packet::SubAck(answer)))
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) =>
            {
                eprintln!("no subscription");
            }
            Ok(Event::Incoming(Packet::Publish(message))) => {
                let here = state.load(Ordering::SeqCst) == HERE;
                if here && !message.retain && &message.payload[..] == b"offline" {
                    client.try_publish(&status, QoS::AtLeastOnce, true, "online")?;
                }
            }
            Ok(Event::Outgoing(Outgoing::Publish(number))) if number > 0 => {
                open.insert(number);
            }
            Ok(Event::Incoming(Packet::PubAck(answer))) => {
                open.remove(&answer.pkid);
                if state.load(Ordering::SeqCst) == LEAVING && open.is_empty() {
                    left_at.get_or_insert_with(Instant::now);
                    let _ = client.try_disconnect();
                }
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
            Ok(_) => {}
            Err(error) => {
                connection.eventloop.state.events.clear();
                open.clear();
                eprintln!("{error}");
                let _ =
                    state.compare_exchange(HERE, AWAY, Ordering::SeqCst, Ordering::SeqCst);
                if asked.recv_timeout(settings.retry_pause).is_ok() {
                    break;
                }
            }
        }
    }
    Ok(())
}
