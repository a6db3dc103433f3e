//! Clicks, and the commands that come of them.

use checks::queries;
use checks::sheet::Finding;
use rumqttc::mqttbytes::v4::Publish;

use super::{PROMPT, Scene};

impl Scene {
    /// Clicks a button and judges what is published; how many messages that were.
    pub(super) async fn click(&mut self, button: &'static str, on: bool) -> anyhow::Result<usize> {
        let rule = if on { "switches-on" } else { "switches-off" };
        let start = self.record.len();
        let expected = format!("one PUBLISH of {{\"led_on\":{on}}} to {}/commands", self.id);
        match self.desk.click(PROMPT, button).await {
            Some(true) => {}
            Some(false) => {
                let finding =
                    Finding::new(expected, format!("there is no element `{button}` to click"));
                let hint = format!("The page needs `<button id=\"{button}\">`.");
                self.note(rule, Err(finding.hint(hint)));
                return Ok(0);
            }
            None => anyhow::bail!("the page in the browser does not answer any more"),
        }
        let published = self.record.when(start, PROMPT, |entries| {
            queries::published(entries).next().map(|_| ())
        });
        let came = published.await.is_ok();
        // Whatever the click has sent is recorded before what the page shows afterwards.
        let shown = self.shows_next().await?;
        let entries = self.record.freeze();
        let sent: Vec<_> = queries::published(entries.get(start..).unwrap_or_default()).collect();
        let count = sent.len();
        let found = match sent.as_slice() {
            [] if !came => Err(Finding::new(expected, "no PUBLISH after the click")),
            [one] => judge(one, on, &self.id, &expected),
            _ => Err(
                Finding::new(expected, format!("{count} PUBLISHes after one click")).hint(
                    "One click, one command. Is the function added twice, or once more with each \
                 connection? `onclick` has room for one; `addEventListener` adds each time.",
                ),
            ),
        };
        self.note(rule, found.and(shown));
        Ok(count)
    }
}

fn judge(sent: &Publish, on: bool, id: &str, expected: &str) -> Result<(), Finding> {
    let payload = String::from_utf8_lossy(&sent.payload);
    let wrong = |saw: String, hint: &str| Err(Finding::new(expected, saw).hint(hint));
    if sent.topic != format!("{id}/commands") {
        return wrong(
            format!("one to {}", sent.topic),
            "Commands have a topic of their own: the id and `/commands`.",
        );
    }
    if sent.retain {
        return wrong(
            "one that is retained".to_owned(),
            "A retained command is kept by the broker, and obeyed by a device that comes tomorrow. \
             Leave `retain` out.",
        );
    }
    let command: Option<serde_json::Value> = serde_json::from_str(&payload).ok();
    match command.as_ref().and_then(|command| command.get("led_on")) {
        Some(&serde_json::Value::Bool(led_on)) if led_on == on => Ok(()),
        Some(serde_json::Value::Bool(_)) => wrong(
            format!("one of {payload}"),
            "`led_on` says the other. Which button calls which function?",
        ),
        _ => wrong(
            format!("one of `{payload}`"),
            "A command is JSON: an object with `led_on`, which is true or false and no text. \
             `JSON.stringify({ led_on: true })` makes one; an object itself would be sent as \
             `[object Object]`.",
        ),
    }
}
