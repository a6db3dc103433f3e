/// A measure in a line, such as `light 299`. Anybody may publish to our topics, so nothing is taken
/// on trust: neither the payload nor the name.
fn measure(message: &Publish) -> anyhow::Result<String> {
    let (_, name) = message.topic.rsplit_once('/').context("it has one level")?;
    ensure!(!name.is_empty(), "the measure has no name");
    // A line break in a name would make two lines of one.
    let is_plain = !name.contains(char::is_control);
    ensure!(is_plain, "its name has control characters in it");
    let payload: Value = serde_json::from_slice(&message.payload).context("it is not JSON")?;
    let number = payload[name].as_number();
    let number = number.with_context(|| format!("it has no number called `{name}`"))?;
    Ok(format!("{name} {number}"))
}
