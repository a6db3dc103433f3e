Ok(Event::Incoming(Packet::Publish(message))) => {
    let line = if message.topic == status {
        presence(&message)
    } else {
        measure(&message)
    };
    match line {
        Ok(line) => println!("{line}"),
        // `{:?}` shows whatever is in a topic as harmless text.
        Err(problem) => eprintln!("Message on {:?} ignored: {problem}", message.topic),
    }
}
