Ok(Event::Incoming(Packet::PubAck(_))) => lock(&desk).acknowledged(),
