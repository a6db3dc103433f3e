let Some(message) = self.queue.message().filter(|_| self.online) else {
    return;
};
println!("Sending telemetry  {message}");
// `try_publish` refuses when the outbox is full; `publish` would stop everything instead.
let sent = self
    .client
    .try_publish(&self.telemetry, QoS::AtMostOnce, false, message);
if let Err(error) = sent {
    eprintln!("The readings wait until the next time: {error}");
}
