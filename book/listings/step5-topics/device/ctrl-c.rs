// Ctrl-C says that we go. The event loop ends the program when the broker has that, or when it
// has lost the broker: the message on `stop` ends its wait for another one.
let (stop, stopped) = mpsc::channel();
let goodbye = Arc::clone(&presence);
let led = board.led.guard();
ctrlc::set_handler(move || {
    let is_said = goodbye.leaves();
    let _ = stop.send(());
    if is_said {
        thread::sleep(settings.goodbye);
        eprintln!("The broker does not answer: leaving without a goodbye.");
    }
    led.put_out();
    process::exit(0);
})?;
