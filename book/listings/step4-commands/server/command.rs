let command = json!({ "led_on": light < DARK }).to_string();
println!("Sending message: {command}");
// `publish` would wait for an outbox that only this loop can empty.
let sent = client.try_publish(&commands, QoS::AtMostOnce, false, command);
if let Err(error) = sent {
    eprintln!("This command is lost: {error}");
}
