//! The way to the broker.

use std::thread;
use std::time::Duration;

use nightlight::Settings;
use rumqttc::{Client, MqttOptions, QoS};

use crate::reading::Reading;

pub struct Outbox {
    client: Client,
    topic: String,
}

pub fn start(settings: &Settings) -> Outbox {
    let name = settings.id.clone() + "nightlight_client";
    let options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    let (client, mut connection) = Client::new(options, 100);
    thread::spawn(move || {
        for event in connection.iter() {
            if let Err(error) = event {
                eprintln!("{error}");
                thread::sleep(Duration::from_millis(500));
            }
        }
    });
    let topic = [settings.id.as_str(), "telemetry"].join("/");
    Outbox { client, topic }
}

impl Outbox {
    pub fn send(&self, reading: &Reading) -> anyhow::Result<()> {
        let payload = serde_json::to_vec(reading)?;
        self.client.publish(&self.topic, QoS::AtLeastOnce, false, payload)?;
        Ok(())
    }
}
