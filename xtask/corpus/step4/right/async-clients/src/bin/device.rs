//! Right, but for taste: an asynchronous device with one task for each thing it does.

use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, LightSensor, Settings};
use rumqttc::{AsyncClient, Event, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Command {
    led_on: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let Board {
        mut light_sensor,
        mut led,
        mut delay,
    } = Board::open(&settings)?;
    let options = MqttOptions::new(
        format!("{}nightlight_client", settings.id),
        &settings.broker.host,
        settings.broker.port,
    );
    let (client, mut events) = AsyncClient::new(options, 20);

    let publisher = client.clone();
    let telemetry = format!("{}/telemetry", settings.id);
    tokio::task::spawn_blocking(move || {
        loop {
            if let Ok(light) = light_sensor.light_level() {
                let payload = json!({ "light": light }).to_string();
                let _ = publisher.try_publish(&telemetry, QoS::AtMostOnce, false, payload);
            }
            delay.delay_ms(5_000);
        }
    });

    let commands = format!("{}/commands", settings.id);
    let (stop, mut stopped) = tokio::sync::mpsc::unbounded_channel();
    let goodbye = client.clone();
    ctrlc::set_handler(move || {
        let _ = goodbye.try_disconnect();
        let _ = stop.send(());
    })?;
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                client.try_subscribe(&commands, QoS::AtLeastOnce)?;
            }
            Ok(Event::Incoming(Packet::Publish(message))) => {
                match serde_json::from_slice::<Command>(&message.payload) {
                    Ok(command) => led.set_state(PinState::from(command.led_on))?,
                    Err(error) => eprintln!("{error}"),
                }
            }
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    eprintln!("{answer:?}");
                }
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => std::process::exit(0),
            Ok(_) => {}
            Err(error) => {
                eprintln!("{error}");
                let pause = tokio::time::sleep(Duration::from_secs(1));
                tokio::select! {
                    () = pause => {}
                    _ = stopped.recv() => std::process::exit(0),
                }
            }
        }
    }
}
