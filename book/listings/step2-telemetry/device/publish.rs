let payload = json!({ "light": light }).to_string();
println!("Sending telemetry  {payload}");
// `try_publish` refuses when the outbox is full; `publish` would stop the sensor instead.
let sent = self
    .client
    .try_publish(&self.topic, QoS::AtMostOnce, false, payload);
if let Err(error) = sent {
    eprintln!("This reading is lost: {error}");
}
