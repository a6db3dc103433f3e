use rumqttc::{Client, MqttOptions, QoS};

fn main() {
    let settings = nightlight::Settings::load().unwrap();
    let name = format!("{}nightlight_client", settings.id);
    let options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    let (client, mut connection) = Client::new(options, 4);
    std::thread::spawn(move || {
        for number in 0.. {
            let _ = client.subscribe(format!("{}/{number}/+/#", settings.id), QoS::AtMostOnce);
        }
    });
    for _ in connection.iter() {}
}
