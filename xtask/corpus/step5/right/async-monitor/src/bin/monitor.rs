//! An asynchronous client, without a word of the solution.

use std::time::Duration;

use nightlight::Settings;
use rumqttc::{AsyncClient, Event, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode};
use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let name = format!("{}nightlight_monitor", settings.id);
    let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    options.set_keep_alive(Duration::from_secs(20));
    let (client, mut events) = AsyncClient::new(options, 10);
    let (stop, mut stopped) = mpsc::unbounded_channel();
    ctrlc::set_handler(move || drop(stop.send(())))?;
    let front = format!("{}/telemetry/", settings.id);
    loop {
        let event = tokio::select! {
            event = events.poll() => event,
            _ = stopped.recv() => break,
        };
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                let status = format!("{}/status", settings.id);
                client.try_subscribe(status, QoS::ExactlyOnce)?;
                client.try_subscribe(format!("{front}+"), QoS::AtMostOnce)?;
            }
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    eprintln!("refused");
                }
            }
            Ok(Event::Incoming(Packet::Publish(message))) => {
                let payload = String::from_utf8(message.payload.to_vec()).unwrap_or_default();
                match message.topic.strip_prefix(&front) {
                    Some(name) if !name.is_empty() && !name.contains(char::is_control) => {
                        let value = serde_json::from_str::<serde_json::Value>(&payload);
                        match value.ok().and_then(|it| it.get(name)?.as_f64()) {
                            Some(number) => println!("{name:<20} {number}"),
                            None => eprintln!("no measure: {payload:?}"),
                        }
                    }
                    Some(name) => eprintln!("no name: {name:?}"),
                    None if payload == "online" || payload == "offline" => {
                        let old = if message.retain { " (old news)" } else { "" };
                        println!("status: {payload}{old}");
                    }
                    None => eprintln!("no status: {payload:?}"),
                }
            }
            Ok(_) => {}
            Err(error) => {
                eprintln!("{error}");
                tokio::select! {
                    () = tokio::time::sleep(settings.retry_pause) => {}
                    _ = stopped.recv() => return Ok(()),
                }
            }
        }
    }
    client.disconnect().await?;
    while !matches!(events.poll().await, Ok(Event::Outgoing(Outgoing::Disconnect)) | Err(_)) {}
    Ok(())
}
