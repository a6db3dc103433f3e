// After every CONNACK: with a clean session the broker has forgotten us.
client.try_subscribe(&measures, QoS::AtMostOnce)?;
client.try_subscribe(&status, QoS::AtLeastOnce)?;
