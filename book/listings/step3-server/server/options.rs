let name = format!("{}nightlight_server", settings.id);
let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
options.set_keep_alive(Duration::from_secs(60));
