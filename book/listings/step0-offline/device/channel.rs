// Ctrl-C calls this from a thread of its own. All it does is leave a message.
let (stop, stopped) = mpsc::channel();
ctrlc::set_handler(move || {
    let _ = stop.send(());
})?;
// Waits here until the message comes.
stopped.recv()?;
