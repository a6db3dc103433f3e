/// The light level in a telemetry message. Anybody may publish to our topic, so nothing about the
/// payload is taken on trust.
fn light_in(payload: &[u8]) -> anyhow::Result<u64> {
    let message: Value = serde_json::from_slice(payload).context("it is not JSON")?;
    let light = message["light"].as_u64();
    light.context("it has no whole number called `light`")
}
