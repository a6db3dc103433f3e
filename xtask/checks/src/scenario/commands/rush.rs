//! The server again: more readings at once than anybody counts on.

use std::time::Duration;

use arena::patience::Metronome;
use arena::peer::Peer;
use arena::record::{Entry, Missed};
use course::SERVER;
use course::wording::counted;

use super::answers::{answer, commands, is_command, told_by};
use super::decisions::DECIDES;
use crate::actor::{Actor, PROMPT};
use crate::findings::hearing::{all_at_once, spelt};
use crate::findings::rush::{at_once, too_few};
use crate::findings::subscription::listens;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// Many readings at once get their answers too, in order.
pub(super) const BURST: &str = "burst";

/// How many readings come at once, so that each gets its answer: as many as the lesson's outbox
/// holds with room to spare.
const BURST_OF: usize = 60;

/// How many come at once that nobody needs to answer all: more than any outbox of the lessons holds,
/// so that whoever waits in the event loop for room in it waits for ever. Of ten that come in, about
/// one answer leaves meanwhile.
const FLOOD_OF: usize = 300;

/// How long the first answer after a flood may take before it is asked for once more.
const SHORTEST: Duration = Duration::from_millis(10);

/// A server that works off a flood does not rest for so long.
const CALM: Duration = Duration::from_millis(20);

/// Many readings at once.
pub async fn rush(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.peer().await?;
    let server = stage.enter(SERVER, &[]).await?;
    // So many lines that are much alike help nobody who reads the transcript.
    server.redact(|redaction| redaction.nothing());
    listens(stage, &server, "telemetry").await?;
    let telemetry = stage.topic("telemetry");
    // Who does not even answer one is told so elsewhere.
    for level in [500, 500] {
        let answered = answer(&server, &device, &telemetry, &spelt(0, level)).await?;
        if answered.is_err() {
            return Err(Stop::Program);
        }
    }
    let mut levels = || if stage.dice.bool() { 100 } else { 900 };
    let few: Vec<u16> = (0..BURST_OF).map(|_| levels()).collect();
    if let Err((rule, finding)) = burst(&server, &device, &telemetry, &few).await? {
        return Err(stage.stop(&server, rule, finding));
    }
    stage.ends_in_a_rush();
    let lives = outlives(&server, &device, &telemetry).await?;
    stage.judge(&server, BURST, lives);
    // While its outbox is full, not even a goodbye finds room in it.
    server.calm(CALM).await;
    Ok(())
}

/// Tells all of them at once and looks at the answers.
///
/// # Errors
/// The inner one names the rule that is broken by what was seen instead.
async fn burst(
    server: &Actor,
    device: &Peer,
    telemetry: &str,
    levels: &[u16],
) -> Result<Result<(), (&'static str, Finding)>, Stop> {
    let start = server.record.len();
    let metronome = Metronome::start();
    all_at_once(server, device, telemetry, levels).await?;
    let answered = |entries: &[Entry]| commands(entries, server).len();
    let all = server.record.when(start, PROMPT, |entries| {
        (answered(entries) >= levels.len()).then_some(())
    });
    let expected = format!("{} commands, in the order of the readings", levels.len());
    if let Err(why) = all.await {
        let finding = too_few(server, start, &why, expected, None, answered).await;
        if finding.hint.is_none() && still_answers(server, device, telemetry).await? {
            return Ok(Err((BURST, finding.hint(NO_ROOM))));
        }
        return Ok(Err((BURST, finding)));
    }
    let done = server.record.look(|entries| {
        let commands = entries[start..]
            .iter()
            .filter(|entry| is_command(entry, server));
        commands.map(|entry| entry.at).collect::<Vec<_>>()
    });
    if let Err(finding) = at_once(&expected, &done, &metronome)? {
        return Ok(Err((BURST, finding)));
    }
    let (told, wanted) = server.record.look(|entries| {
        let told = commands(&entries[start..], server).into_iter().map(told_by);
        let wanted = levels.iter().map(|level| Some(*level < 300));
        (told.collect::<Vec<_>>(), wanted.collect::<Vec<_>>())
    });
    let lit = |answers: &[Option<bool>]| answers.iter().filter(|on| **on == Some(true)).count();
    // More answers than readings are told of elsewhere.
    Ok(if told == wanted || told.len() != wanted.len() {
        Ok(())
    } else if lit(&told) == lit(&wanted) {
        Err((BURST, overtaken(expected)))
    } else {
        let finding = Finding::new(
            format!(
                "{} with true, for as many dark readings",
                counted(lit(&wanted), "command", "commands")
            ),
            format!("{} with true", counted(lit(&told), "command", "commands")),
        );
        Err((DECIDES, finding.hint(
            "It decided rightly at first. Each command says whether this very reading is below 300, \
             the hundredth as the first.",
        )))
    })
}

/// What to try when a server that does not wait has no room for all its answers.
const NO_ROOM: &str = "It goes on, and the rest is lost: readings that come at once are all there \
                       before the first answer leaves, and the outbox has no room for so many. The \
                       second argument of `Client::new` says how many; the lesson's has 100.";

/// Whether it answers the next reading, though it has not answered all before.
async fn still_answers(server: &Actor, device: &Peer, telemetry: &str) -> anyhow::Result<bool> {
    let start = server.record.len();
    device.publish(telemetry, spelt(0, 100)).await?;
    let answered = server.record.when(start, PROMPT, |entries| {
        (!commands(entries, server).is_empty()).then_some(())
    });
    Ok(answered.await.is_ok())
}

/// Answers that do not come in the order of the readings.
pub(super) fn overtaken(expected: impl Into<String>) -> Finding {
    Finding::new(expected, "the same commands in another order").hint(
        "An answer to an older reading has overtaken that to a newer one. Answers go out in the \
         order of the readings: from the event loop itself, or from one thread that takes them out \
         of a queue.",
    )
}

/// More readings than fit into the outbox: some answers may get lost, but the server lives on, and
/// answers the next ones.
async fn outlives(
    server: &Actor,
    device: &Peer,
    telemetry: &str,
) -> Result<Result<(), Finding>, Stop> {
    let start = server.record.len();
    // All of them are bright, and the next one is dark: its answer is none to the flood.
    all_at_once(server, device, telemetry, &[900; FLOOD_OF]).await?;
    let mut patience = SHORTEST;
    let why = loop {
        device.publish(telemetry, spelt(0, 100)).await?;
        let answered = server.record.when(start, patience, |entries| {
            let mut told = commands(entries, server).into_iter().map(told_by);
            told.any(|on| on == Some(true)).then_some(())
        });
        match answered.await {
            Ok(()) => return Ok(Ok(())),
            // While the outbox is full, its answer gets lost as well.
            Err(Missed::TimeUp(_)) if patience * 2 < PROMPT => patience *= 2,
            Err(why) => break why,
        }
    };
    let expected = format!("an answer to the next reading after {FLOOD_OF} at once");
    let answered = |entries: &[Entry]| commands(entries, server).len();
    Ok(Err(
        too_few(server, start, &why, expected, None, answered).await
    ))
}
