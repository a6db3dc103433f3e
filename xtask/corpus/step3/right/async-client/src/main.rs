//! Right, but for taste: the client is asynchronous, and the payload is read by pattern.

use std::time::Duration;

use nightlight::Settings;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let Settings { id, broker, .. } = Settings::load()?;
    let options = MqttOptions::new(format!("{id}nightlight_server"), broker.host, broker.port);
    let (client, mut events) = AsyncClient::new(options, 10);
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                client.subscribe(format!("{id}/telemetry"), QoS::ExactlyOnce).await?;
            }
            Ok(Event::Incoming(Packet::Publish(message))) => {
                match serde_json::from_slice(&message.payload) {
                    Ok(Value::Object(members)) if members.contains_key("light") => {
                        println!("It is {} out there", members["light"]);
                    }
                    _ => eprintln!("What is that?"),
                }
            }
            Ok(_) => {}
            Err(error) => {
                eprintln!("{error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}
