if let Some(newest) = fresh.last() {
    let command = json!({ "led_on": newest.light < DARK }).to_string();
    println!("Sending message: {command}");
    let sent = client.try_publish(&commands, QoS::AtMostOnce, false, command);
    if let Err(error) = sent {
        eprintln!("This command is lost: {error}");
    }
}
