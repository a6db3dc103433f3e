// Ctrl-C asks the event loop to say goodbye. If there is no broker to say it to, the message
// on `stop` ends the wait for one.
let (stop, stopped) = mpsc::channel();
ctrlc::set_handler(move || {
    let _ = client.try_disconnect();
    let _ = stop.send(());
})?;
