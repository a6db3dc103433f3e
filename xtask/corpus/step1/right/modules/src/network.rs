//! The way to the broker.

use std::process::exit;
use std::thread;
use std::time::Duration;

use nightlight::Settings;
use rumqttc::Event::{Incoming, Outgoing};
use rumqttc::{Client, MqttOptions, Packet};

pub fn start(settings: &Settings) -> anyhow::Result<()> {
    let name = settings.id.clone() + "nightlight_client";
    let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    options.set_keep_alive(Duration::from_secs(30));
    let (client, mut connection) = Client::new(options, 1);
    let pause = settings.retry_pause;
    ctrlc::set_handler(move || {
        let _ = client.try_disconnect();
        // While there is no broker the goodbye goes nowhere.
        thread::sleep(Duration::from_millis(300));
        exit(0);
    })?;
    thread::spawn(move || {
        for event in connection.iter() {
            match event {
                Ok(Incoming(Packet::ConnAck(answer))) => println!("online: {:?}", answer.code),
                Ok(Outgoing(rumqttc::Outgoing::Disconnect)) => exit(0),
                Ok(_) => {}
                Err(error) => {
                    eprintln!("offline: {error:?}");
                    thread::sleep(pause);
                }
            }
        }
    });
    Ok(())
}
