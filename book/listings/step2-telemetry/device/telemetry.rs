let online = Arc::new(AtomicBool::new(false));
let telemetry = Telemetry {
    client: client.clone(),
    topic: telemetry_topic(&settings),
    online: Arc::clone(&online),
};
