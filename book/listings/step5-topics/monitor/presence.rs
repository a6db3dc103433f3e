/// Whether the device is there, or was when we came: a retained message is not news.
fn presence(message: &Publish) -> anyhow::Result<String> {
    let word = match message.payload.as_ref() {
        b"online" => "online",
        b"offline" => "offline",
        _ => bail!("it is neither `online` nor `offline`"),
    };
    Ok(if message.retain {
        format!("When we came, the device was {word}.")
    } else {
        format!("The device is {word} now.")
    })
}
