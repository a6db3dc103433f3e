Ok(Event::Incoming(Packet::SubAck(answer))) => {
    if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
        eprintln!("The broker refuses the subscription to {telemetry}.");
    }
}
