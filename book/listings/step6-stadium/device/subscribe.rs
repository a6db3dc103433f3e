// After every CONNACK: with a clean session the broker has forgotten us.
let filters = commands.iter().cloned();
let filters = filters.map(|topic| SubscribeFilter::new(topic, QoS::AtMostOnce));
client.try_subscribe_many(filters)?;
