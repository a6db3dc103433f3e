//! The way to the broker.

use std::process::exit;
use std::thread;
use std::time::Duration;

use nightlight::Settings;
use rumqttc::{Client, Event, MqttOptions, Outgoing, QoS};

use crate::reading::Reading;

pub struct Outbox {
    client: Client,
    topic: String,
}

pub fn start(settings: &Settings) -> anyhow::Result<Outbox> {
    let name = settings.id.clone() + "nightlight_client";
    let options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    let (client, mut connection) = Client::new(options, 100);
    let to_leave = client.clone();
    ctrlc::set_handler(move || {
        let _ = to_leave.try_disconnect();
        // While there is no broker the goodbye goes nowhere.
        thread::sleep(Duration::from_millis(300));
        exit(0);
    })?;
    thread::spawn(move || {
        for event in connection.iter() {
            match event {
                Ok(Event::Outgoing(Outgoing::Disconnect)) => exit(0),
                Ok(_) => {}
                Err(error) => {
                    eprintln!("{error}");
                    thread::sleep(Duration::from_millis(500));
                }
            }
        }
    });
    let topic = [settings.id.as_str(), "telemetry"].join("/");
    Ok(Outbox { client, topic })
}

impl Outbox {
    pub fn send(&self, reading: &Reading) -> anyhow::Result<()> {
        let payload = serde_json::to_vec(reading)?;
        let sent = self
            .client
            .try_publish(&self.topic, QoS::AtLeastOnce, false, payload);
        if let Err(error) = sent {
            eprintln!("This reading is lost: {error}");
        }
        Ok(())
    }
}
