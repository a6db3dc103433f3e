use rumqttc::{Client, MqttOptions, QoS};

fn main() {
    let settings = nightlight::Settings::load().unwrap();
    let name = format!("{}nightlight_client", settings.id);
    let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    options.set_max_packet_size(1 << 30, 1 << 30);
    let (client, mut connection) = Client::new(options, 4);
    let topic = format!("{}/telemetry", settings.id);
    std::thread::spawn(move || {
        loop {
            let _ = client.publish(&topic, QoS::AtMostOnce, false, vec![b'x'; 1 << 20]);
        }
    });
    for _ in connection.iter() {}
}
