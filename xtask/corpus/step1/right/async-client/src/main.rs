//! Right, but for taste: the client is asynchronous, the sensor a thread.

use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use nightlight::{Board, LightSensor, Settings};
use rumqttc::{AsyncClient, Event, MqttOptions, Outgoing, Packet};
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let mut board = Board::open(&settings)?;
    let (client, mut events) = AsyncClient::new(
        MqttOptions::new(
            format!("{}nightlight_client", settings.id),
            settings.broker.host,
            settings.broker.port,
        ),
        10,
    );
    let (leave, mut leaving) = mpsc::channel(1);
    ctrlc::set_handler(move || {
        let _ = client.try_disconnect();
        let _ = leave.try_send(());
    })?;
    std::thread::spawn(move || {
        loop {
            match board.light_sensor.light_level() {
                Ok(0..300) => drop(board.led.set_high()),
                Ok(_) => drop(board.led.set_low()),
                Err(error) => eprintln!("{error}"),
            }
            board.delay.delay_ms(1_000);
        }
    });
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => println!("online"),
            Ok(Event::Outgoing(Outgoing::Disconnect)) => return Ok(()),
            Ok(_) => {}
            Err(error) => {
                eprintln!("{error}");
                tokio::select! {
                    _ = leaving.recv() => return Ok(()),
                    () = tokio::time::sleep(Duration::from_secs(2)) => {}
                }
            }
        }
    }
}
