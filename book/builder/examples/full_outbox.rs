//! Asked about in `book/quizzes/step4.toml`.

use rumqttc::{Client, MqttOptions, QoS};

fn main() {
    let options = MqttOptions::new("quiz", "127.0.0.1", 1883);
    let (client, _connection) = Client::new(options, 2);
    let results = [0, 1, 2].map(|number| {
        let sent = client.try_publish("quiz/numbers", QoS::AtMostOnce, false, number.to_string());
        if sent.is_ok() { "sent" } else { "refused" }
    });
    println!("{}", results.join(" "));
}
