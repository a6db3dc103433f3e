//! More names than there are places.

use course::SERVER;

use super::ballot::PLACES;
use super::crowd::Crowd;
use super::exchange::{self, LIMIT, answered};
use super::server::{TELEMETRY, stops};
use crate::actor::{Actor, PROMPT};
use crate::findings::introduction::arrive;
use crate::findings::missed;
use crate::findings::subscription::subscribed;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};
use arena::record::{Entry, Stream};

/// How many are told before the answers are waited for: few enough for any outbox.
const AT_ONCE: usize = 50;

/// How many names too many are tried.
const TOO_MANY: usize = 3;

/// A thousand names, then some more, and the thousand go on.
pub async fn places(stage: &mut Stage) -> Result<(), Stop> {
    let server = stage.enter(SERVER, &[]).await?;
    server.redact(|redaction| redaction.nothing());
    arrive(stage, &server).await?;
    let mut crowd = Crowd::gather(stage, 1).await?;
    if subscribed(&server, 0, TELEMETRY).await.is_err() {
        return Err(Stop::Program);
    }
    let salt = stage.dice.u16(..);
    let name = |number: usize| format!("Forged-{salt}_{number}");
    for names in [0..AT_ONCE, AT_ONCE..PLACES - 1, PLACES - 1..PLACES] {
        let first = names.start == 0;
        let answered = fill(&server, &mut crowd, names, &name).await?;
        if first && (answered.is_err() || exchange::judge(&server).is_err()) {
            // That is told elsewhere.
            return Err(Stop::Program);
        }
        stage.insist(&server, LIMIT, answered)?;
    }
    let start = server.record.len();
    for number in 0..TOO_MANY {
        crowd.tell(&name(PLACES + number), 0).await?;
        // One that is known is answered, so the one before has been dealt with.
        crowd.tell(&name(number), 1023).await?;
        if let Err(why) = answered(&server, start, number + 1).await {
            let expected = "an answer to a device that is known, when all places are taken";
            let finding = missed(&server.record, expected, &why);
            return Err(stage.stop(&server, LIMIT, known(&server, finding)));
        }
    }
    if let Err(broken) = exchange::judge_at_rest(&server).await {
        return Err(stops(stage, &server, (LIMIT, broken.1)));
    }
    let said = is_said(&server, start).await;
    stage.insist(&server, LIMIT, said)
}

/// Tells a bright reading under each of these names, a few at once.
pub(super) async fn fill(
    server: &Actor,
    crowd: &mut Crowd,
    names: std::ops::Range<usize>,
    name: &impl Fn(usize) -> String,
) -> Result<Result<(), Finding>, Stop> {
    let names: Vec<usize> = names.collect();
    for some in names.chunks(AT_ONCE) {
        let start = server.record.len();
        for number in some {
            crowd.tell(&name(*number), 1023).await?;
        }
        if let Err(why) = answered(server, start, some.len()).await {
            let last = some.last().map_or(0, |number| number + 1);
            let expected = format!("an answer to each of {last} devices");
            let finding = missed(&server.record, expected, &why);
            return Ok(Err(known(server, finding)));
        }
    }
    Ok(Ok(()))
}

/// What says more, if it is known how the server counts.
fn known(server: &Actor, finding: Finding) -> Finding {
    match exchange::judge(server) {
        Err((LIMIT, known)) if finding.hint.is_none() => known,
        _ => finding,
    }
}

/// Whether it says on standard error that a reading is ignored.
async fn is_said(server: &Actor, start: usize) -> Result<(), Finding> {
    let words = |entries: &[Entry]| {
        let mut lines = queries::printed(entries);
        let any = lines.any(|(stream, line)| stream == Stream::Err && !line.trim().is_empty());
        any.then_some(())
    };
    let said = server.record.when(start, PROMPT, words).await;
    said.map_err(|_| {
        Finding::new(
            "a line on standard error about a device that there is no room for",
            "not a word about it there",
        )
        .hint(
            "Say it with `eprintln!` when a reading is ignored because there is no room: who wonders \
             why a device is not heard will look there.",
        )
    })
}
