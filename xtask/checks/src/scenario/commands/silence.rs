//! What is no reading gets no command.

use arena::peer::Peer;

use super::answers::{commands, told_by};
use crate::actor::{Actor, PROMPT};
use crate::findings::hearing::spelt;
use crate::findings::missed;
use crate::findings::unreadable::after_bad;
use crate::sheet::Finding;
use crate::stage::Stop;

/// Tells what is no reading, then darkness and the brightest light. The server works through its
/// messages in order, so once it has answered these two, one way and then the other, it is done
/// with the bad one, and an answer to that is there too.
pub(super) async fn silent(
    server: &Actor,
    device: &Peer,
    telemetry: &str,
    payload: &[u8],
    [dark, bright]: [Option<bool>; 2],
    may_be_answered: Option<Option<bool>>,
) -> Result<Result<(), Finding>, Stop> {
    let start = server.record.len();
    device.publish(telemetry, payload).await?;
    let mut answers = Vec::new();
    for (level, end) in [(0, &[dark] as &[_]), (1023, &[dark, bright])] {
        device.publish(telemetry, spelt(0, level)).await?;
        let answered = server.record.when(start, PROMPT, |entries| {
            let told = commands(entries, server).into_iter().map(told_by);
            let told: Vec<_> = told.collect();
            told.ends_with(end).then_some(told)
        });
        match answered.await {
            Ok(so_far) => answers = so_far,
            Err(why) => {
                let expected = format!("a command for the light level {level}");
                let finding = missed(&server.record, expected, &why);
                return Ok(Err(after_bad(server, finding, payload)));
            }
        }
    }
    answers.truncate(answers.len() - 2);
    let is_right = match (answers.as_slice(), may_be_answered) {
        ([], _) => true,
        ([answer], Some(right)) => *answer == right,
        _ => false,
    };
    if is_right {
        return Ok(Ok(()));
    }
    let shown = String::from_utf8_lossy(payload);
    if may_be_answered.is_some() {
        return Ok(Err(Finding::new(
            format!("no command for the payload `{shown}`, or one that says it is bright"),
            "a command that says it is dark",
        )
        .hint(
            "With `as` a number that is too large for its new type silently becomes another one. \
             Keep the `u64`, or let `u16::try_from` find out that it does not fit.",
        )));
    }
    let finding = Finding::new(
        format!("no command for the payload `{shown}`"),
        "a command for it",
    );
    let is_number = serde_json::from_slice::<serde_json::Value>(payload)
        .is_ok_and(|payload| payload["light"].is_number());
    Ok(Err(if is_number {
        finding.hint(
            "A light level is a whole number that is not negative: `as_u64` is `None` for anything \
             else. What is no reading is reported, and gets no command.",
        )
    } else {
        finding
    }))
}
