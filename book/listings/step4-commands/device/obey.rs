/// Does what a command says. Anybody may publish to our topic, so nothing about the payload is
/// taken on trust.
fn obey(payload: &[u8], led: &mut GroveLed) -> anyhow::Result<()> {
    let command: Value = serde_json::from_slice(payload).context("it is not JSON")?;
    let led_on = command["led_on"].as_bool();
    let led_on = led_on.context("it has no true or false called `led_on`")?;
    println!("Message received: {}", json!({ "led_on": led_on }));
    led.set_state(PinState::from(led_on))?;
    Ok(())
}
