Ok(Event::Incoming(Packet::Publish(message))) => match light_in(&message.payload) {
    Ok(light) => println!("Message received: {}", json!({ "light": light })),
    Err(problem) => eprintln!("Message ignored: {problem:#}"),
},
