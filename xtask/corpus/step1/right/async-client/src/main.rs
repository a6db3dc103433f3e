//! Right, but for taste: the client is asynchronous, the sensor a blocking task.

use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use nightlight::{Board, LightSensor, Settings};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::load()?;
    let mut board = Board::open(&settings)?;
    let (_client, mut events) = AsyncClient::new(
        MqttOptions::new(
            format!("{}nightlight_client", settings.id),
            settings.broker.host,
            settings.broker.port,
        ),
        10,
    );
    tokio::task::spawn_blocking(move || {
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
            Ok(_) => {}
            Err(error) => {
                eprintln!("{error}");
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }
    }
}
