Ok(Event::Incoming(Packet::ConnAck(_))) => {
    println!("MQTT connected!");
    online.store(true, Ordering::Relaxed);
}
