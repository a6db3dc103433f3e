// We listen before we speak: the will of our own dead connection may still be on its way.
self.client.try_subscribe(&self.topic, QoS::AtMostOnce)?;
self.say(&mut state, ONLINE);
