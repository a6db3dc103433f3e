//! Right, but for taste: the client is asynchronous, and the payload is read by pattern.

use std::time::Duration;

use nightlight::Settings;
use rumqttc::{AsyncClient, Event, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode};
use serde_json::Value;
use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let Settings { id, broker, .. } = Settings::load()?;
    let options = MqttOptions::new(format!("{id}nightlight_server"), broker.host, broker.port);
    let (client, mut events) = AsyncClient::new(options, 10);
    let (stop, mut stopped) = mpsc::unbounded_channel();
    let goodbye = client.clone();
    ctrlc::set_handler(move || {
        let _ = goodbye.try_disconnect();
        let _ = stop.send(());
    })?;
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                client.try_subscribe(format!("{id}/telemetry"), QoS::ExactlyOnce)?;
            }
            Ok(Event::Incoming(Packet::SubAck(answer))) => match answer.return_codes.as_slice() {
                [SubscribeReasonCode::Success(qos)] => eprintln!("Subscribed with {qos:?}"),
                codes => eprintln!("Not subscribed: {codes:?}"),
            },
            Ok(Event::Incoming(Packet::Publish(message))) => {
                match serde_json::from_slice(&message.payload) {
                    Ok(Value::Object(members)) if members.get("light").is_some_and(Value::is_u64) => {
                        println!("It is {} out there", members["light"]);
                    }
                    _ => eprintln!("What is that?"),
                }
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => return Ok(()),
            Ok(_) => {}
            Err(error) => {
                eprintln!("{error}");
                let pause = Duration::from_secs(1);
                if tokio::time::timeout(pause, stopped.recv()).await.is_ok() {
                    return Ok(());
                }
            }
        }
    }
}
