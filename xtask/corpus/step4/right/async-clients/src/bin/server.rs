//! Right, but for taste: an asynchronous server that answers in a task of its own.

use std::time::Duration;

use nightlight::Settings;
use rumqttc::{AsyncClient, Event, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Reading {
    light: u16,
}

#[derive(Serialize)]
struct Command {
    led_on: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let options = MqttOptions::new(
        format!("{}nightlight_server", settings.id),
        &settings.broker.host,
        settings.broker.port,
    );
    let (client, mut events) = AsyncClient::new(options, 10);
    let (answers, mut pending) = tokio::sync::mpsc::unbounded_channel::<Command>();

    let publisher = client.clone();
    let commands = format!("{}/commands", settings.id);
    tokio::spawn(async move {
        while let Some(command) = pending.recv().await {
            let Ok(payload) = serde_json::to_vec(&command) else {
                continue;
            };
            let _ = publisher.publish(&commands, QoS::AtMostOnce, false, payload).await;
        }
    });

    let telemetry = format!("{}/telemetry", settings.id);
    let (stop, mut stopped) = tokio::sync::mpsc::unbounded_channel();
    let goodbye = client.clone();
    ctrlc::set_handler(move || {
        let _ = goodbye.try_disconnect();
        let _ = stop.send(());
    })?;
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                client.try_subscribe(&telemetry, QoS::AtMostOnce)?;
            }
            Ok(Event::Incoming(Packet::Publish(message))) => {
                match serde_json::from_slice::<Reading>(&message.payload) {
                    Ok(Reading { light }) => {
                        answers.send(Command { led_on: light < 300 })?;
                    }
                    Err(error) => eprintln!("{error}"),
                }
            }
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    eprintln!("{answer:?}");
                }
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => return Ok(()),
            Ok(_) => {}
            Err(error) => {
                eprintln!("{error}");
                let pause = tokio::time::sleep(Duration::from_secs(1));
                tokio::select! {
                    () = pause => {}
                    _ = stopped.recv() => return Ok(()),
                }
            }
        }
    }
}
