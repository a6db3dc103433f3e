// An error ends the program before the acknowledgement: then the broker keeps the
// task for its next life.
let was_done = work(&message.payload, &mut led, &mut done)?;
// What was not done is acknowledged as well, or it would come for ever.
if let Err(error) = client.try_ack(&message) {
    eprintln!("This task comes again: {error}");
}
if was_done {
    delay.delay_ms(pause);
}
