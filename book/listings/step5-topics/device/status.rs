Ok(Event::Incoming(Packet::Publish(message))) => presence.hears(&message),
Ok(Event::Incoming(Packet::PubAck(_))) => presence.is_answered(),
