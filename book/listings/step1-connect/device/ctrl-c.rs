// Ctrl-C asks the event loop to say goodbye, and waits for room in the outbox if need be. If
// there is no broker to say it to, the message on `stop` ends the wait for one.
let (stop, stopped) = mpsc::channel();
ctrlc::set_handler(move || {
    let _ = stop.send(());
    let _ = client.disconnect();
})?;
