/// The name of the device in the topic of its telemetry.
fn device_in<'a>(topic: &'a str, id: &str) -> Option<&'a str> {
    let below = topic.strip_prefix(id)?.strip_prefix("/devices/")?;
    let name = below.strip_suffix("/telemetry")?;
    // `+` matches a level that is empty, too.
    (!name.is_empty() && !name.contains('/')).then_some(name)
}
