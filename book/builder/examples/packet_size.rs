//! Asked about in `book/quizzes/mqtt.toml`.

use rumqttc::QoS;
use rumqttc::mqttbytes::v4::Publish;

fn main() {
    let message = Publish::new("lamp/telemetry", QoS::AtMostOnce, r#"{"light":0}"#);
    let mut wire = Default::default();
    if message.write(&mut wire).is_ok() {
        println!("{}", wire.len());
    }
}
