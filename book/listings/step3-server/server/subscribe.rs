// After every CONNACK: with a clean session the broker has forgotten us.
client.try_subscribe(&telemetry, QoS::AtMostOnce)?;
