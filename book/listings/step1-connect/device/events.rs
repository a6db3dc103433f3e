match event {
    Ok(Event::Incoming(Packet::ConnAck(_))) => println!("MQTT connected!"),
    Ok(Event::Outgoing(Outgoing::Disconnect)) => break,
    Ok(_) => {}
    Err(error) => {
        report(&error);
        // The next turn connects again, and at once: without a pause a dead broker would
        // be asked thousands of times a second.
        if stopped.recv_timeout(settings.retry_pause).is_ok() {
            break;
        }
    }
}
