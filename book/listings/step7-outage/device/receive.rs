Ok(Event::Incoming(Packet::Publish(message))) => {
    let mut nightlight = lock(&nightlight);
    let heard = if message.topic == replies {
        nightlight.queue.answered(&message.payload)
    } else {
        nightlight.obey(&message.payload)
    };
    match heard {
        Ok(()) => nightlight.server_heard = Instant::now(),
        Err(problem) => eprintln!("Message on {} ignored: {problem:#}", message.topic),
    }
}
