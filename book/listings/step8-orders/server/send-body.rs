println!("Sending {} {}", order.topic, order.payload);
// `publish` would wait for room that only the event loop can make.
let client = &self.client;
let sent = client.try_publish(
    &order.topic,
    QoS::AtLeastOnce,
    order.retain,
    order.payload.as_str(),
);
if let Err(error) = sent {
    eprintln!("This order waits until the next time: {error}");
}
