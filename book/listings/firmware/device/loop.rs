// Nothing is sent or received but in this loop: it must go round, and never wait for anything
// but the network.
loop {
    let ping = Timer::at(connection.next_ping());
    let reading = OUTGOING.readings.receive();
    // Who stands first goes first. Packets may come without end: they stand last.
    match select4(board::stop(), ping, reading, connection.arrived()).await {
        Either4::First(()) => {
            connection.goodbye().await;
            return Ok(Asked);
        }
        Either4::Second(()) => connection.ping().await?,
        Either4::Third(reading) => {
            let payload = reading.payload();
            connection.publish(&names.telemetry, &payload).await?;
        }
        Either4::Fourth(arrived) => {
            arrived?;
            connection.take(|packet| understand(packet, names, led))?;
        }
    }
}
