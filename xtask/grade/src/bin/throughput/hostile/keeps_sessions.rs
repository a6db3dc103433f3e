use rumqttc::{Client, Event, MqttOptions, Packet, QoS};

fn main() {
    let settings = nightlight::Settings::load().unwrap();
    for number in 0.. {
        let name = format!("{}-{number}", settings.id);
        let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
        options.set_clean_session(false);
        let (client, mut connection) = Client::new(options, 10);
        let _ = client.subscribe("#", QoS::ExactlyOnce);
        let topic = format!("{}/telemetry", settings.id);
        let _ = client.publish(topic, QoS::AtLeastOnce, false, vec![b'x'; 10_000]);
        for event in connection.iter() {
            if matches!(event, Err(_) | Ok(Event::Incoming(Packet::SubAck(_)))) {
                break;
            }
        }
    }
}
