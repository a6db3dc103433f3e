//! Holds what the server has done against what it has heard.

use std::collections::HashSet;

use arena::record::Entry;
use rumqttc::mqttbytes::v4;

use super::super::memory::{Due, Memory};
use super::super::message::{Message, range};
use super::super::shown::{Shown, Wrong, difference};
use super::{ANSWERS, Broken, COMMANDS, ONCE, SHOWS, answer, heard, said};
use crate::actor::{Actor, PROMPT};
use crate::findings::payload;
use crate::findings::shown::numbers;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// What the levels of these scenes are. Numbers of readings are smaller.
const LEVELS: std::ops::Range<u64> = 160..1_024;

/// Holds all that the server has done so far against what it has heard.
///
/// # Errors
/// Names the rule that is broken first, and what was seen instead.
pub(in crate::scenario::outage) fn judge(server: &Actor) -> Result<(), Broken> {
    server.record.look(|entries| judge_in(entries, server))
}

fn judge_in(entries: &[Entry], server: &Actor) -> Result<(), Broken> {
    let heard = heard(entries, server);
    let mut memory = Memory::default();
    let due: Vec<Due> = heard
        .iter()
        .map(|message| memory.take_in(message))
        .collect();
    shows(entries, &heard, &due)?;
    answered(entries, server, &heard, &due)?;
    commanded(entries, server, &due)
}

/// As [`judge`]. When there seems to be something wrong, what is still on its way is waited for.
///
/// # Errors
/// As [`judge`].
pub(in crate::scenario::outage) async fn judge_at_rest(server: &Actor) -> Result<(), Broken> {
    // What it prints comes by another way than what it sends.
    let right = |entries: &[Entry]| judge_in(entries, server).is_ok().then_some(());
    let _ = server.record.when(0, PROMPT, right).await;
    judge(server)
}

/// Notes that all is as it should be, or what is not, and ends the scene then.
pub(in crate::scenario::outage) async fn agrees(
    stage: &mut Stage,
    server: &Actor,
) -> Result<(), Stop> {
    match judge_at_rest(server).await {
        Ok(()) => {
            for rule in [SHOWS, ONCE, ANSWERS, COMMANDS] {
                stage.pass(server, rule);
            }
            Ok(())
        }
        Err((rule, finding)) => Err(stage.stop(server, rule, finding)),
    }
}

/// All that might be a level in what the server was told, whether it made sense or not.
fn levels_told(entries: &[Entry]) -> HashSet<u64> {
    let mut levels = HashSet::new();
    for entry in entries {
        if let Some(v4::Packet::Publish(message)) = queries::received(entry) {
            let text = String::from_utf8_lossy(&message.payload);
            let all = numbers(&text).map(|(_, _, number)| number);
            levels.extend(all.filter(|number| LEVELS.contains(number)));
        }
    }
    levels
}

fn shows(entries: &[Entry], heard: &[Message], due: &[Due]) -> Result<(), Broken> {
    let levels = levels_told(entries);
    let runs: HashSet<String> = heard.iter().map(|message| message.run.clone()).collect();
    let expected = due.iter().flat_map(|due| &due.fresh);
    let expected: Vec<u64> = expected.map(|(_, light)| *light).collect();
    let shown = Shown::of(entries, &levels, &runs);
    if shown.is(&expected) {
        return Ok(());
    }
    let best = shown.best(&expected);
    let of = |level: u64| {
        let mut all = heard.iter().flat_map(|message| &message.readings);
        let seq = all.find(|(_, light)| *light == level).map_or(0, |it| it.0);
        format!("reading {seq}, light {level}")
    };
    Err(match difference(&best, &expected) {
        Some(Wrong::Twice(level)) => (
            ONCE,
            Finding::new("each reading shown once", format!("{} twice", of(level))).hint(
                "The device sends again whatever it has no answer for. Remember the last number that \
                 was shown of each run, and show only what is above it.",
            ),
        ),
        Some(Wrong::Stale(level)) => (
            ONCE,
            Finding::new(
                "readings whose number is above the last one shown of their run, and no others",
                format!("{}, after later ones of its run", of(level)),
            )
            .hint(
                "A late message has old numbers. What counts is the last number that was shown of \
                 the run, and it never goes back.",
            ),
        ),
        Some(Wrong::Order(level)) => (
            SHOWS,
            Finding::new(
                "the readings in the order of their numbers",
                format!("{} before one that comes before it", of(level)),
            ),
        ),
        Some(Wrong::Missing(level)) => (
            SHOWS,
            Finding::new(
                format!("a line with {}", of(level)),
                "no such line, or not one of its own",
            )
            .hint(
                "Each reading above the last number shown of its run gets a line of its own, in the \
                 same words each time. Numbers begin anew with each run.",
            ),
        ),
        None => (
            SHOWS,
            Finding::new(
                "a line for each new reading, also when it is as light as the one before",
                "fewer lines, or others",
            )
            .hint(
                "What makes a reading old is its number, and not its level: two readings may be \
                 alike. Print each in a line of its own, in the same words each time.",
            ),
        ),
    })
}

fn answered(
    entries: &[Entry],
    server: &Actor,
    heard: &[Message],
    due: &[Due],
) -> Result<(), Broken> {
    let said = said(entries, server, "replies");
    for ((said, message), due) in said.iter().zip(heard).zip(due) {
        let (run, seq) = answer(said).map_err(|finding| (ANSWERS, finding))?;
        if said.retain {
            let finding = Finding::new("an answer that is not retained", "a retained answer");
            return Err((ANSWERS, finding.hint(
                "The third argument of `try_publish` is `false`: an old answer is of no use to a \
                 device that comes tomorrow.",
            )));
        }
        let about = range(message.first(), message.last());
        let expected = format!(
            "{about} of run {}: an answer with that run, and seq {}",
            message.run, due.last
        );
        let finding = Finding::new(expected, format!("run {run}, seq {seq}"));
        if run != message.run {
            return Err((
                ANSWERS,
                finding.hint(
                    "The run in the answer is the one that came in the message, to the letter.",
                ),
            ));
        }
        if seq != due.last && seq != message.last() {
            return Err((ANSWERS, finding.hint(
                "An answer says up to which number all is safe: the last number that was shown of \
                 this run.",
            )));
        }
    }
    if said.len() == heard.len() {
        return Ok(());
    }
    let finding = Finding::new(
        format!("one answer for each of {} messages", heard.len()),
        format!("{} answers", said.len()),
    );
    Err((ANSWERS, finding.hint(if said.len() < heard.len() {
        "Doubled and late messages are answered too: their answer may be the one that got lost, and \
         without any the device sends them for ever."
    } else {
        "One message, one answer, and none without a message: an answer is for all its readings at \
         once."
    })))
}

fn commanded(entries: &[Entry], server: &Actor, due: &[Due]) -> Result<(), Broken> {
    let said = said(entries, server, "commands");
    let news: Vec<&Due> = due.iter().filter(|due| !due.fresh.is_empty()).collect();
    let light = |reading: Option<&(u64, u64)>| reading.map_or(0, |(_, light)| *light);
    if said.len() > news.len() {
        let finding = Finding::new(
            format!("{} messages had news in them: as many commands", news.len()),
            format!("{} commands", said.len()),
        );
        return Err((
            COMMANDS,
            finding.hint(
                "One command for each message with news in it, and none for one without: an old \
                 reading is no reason to switch anything.",
            ),
        ));
    }
    for (said, due) in said.iter().zip(&news) {
        let on = payload::led_on(&said.payload).map_err(|finding| (COMMANDS, finding))?;
        if said.retain {
            let finding = Finding::new("a command that is not retained", "a retained command");
            return Err((COMMANDS, finding));
        }
        let (oldest, newest) = (light(due.fresh.first()), light(due.fresh.last()));
        let right = newest < 300;
        if on != right {
            let finding = Finding::new(
                format!("the newest reading has light {newest}: led_on {right}"),
                format!("led_on {on}"),
            );
            let by_the_oldest = (oldest < 300) == on && (oldest < 300) != right;
            return Err((
                COMMANDS,
                finding.hint(if by_the_oldest {
                    "It decides by an older reading. After an outage many come at once: only the \
                     newest says how light it is now."
                } else {
                    "`light < 300` of the newest reading is the whole decision. Exactly 300 means off."
                }),
            ));
        }
    }
    if said.len() == news.len() {
        return Ok(());
    }
    let finding = Finding::new(
        format!("{} messages had news in them: as many commands", news.len()),
        format!("{} commands", said.len()),
    );
    Err((
        COMMANDS,
        finding.hint(
            "When a message had something new in it, one command follows the answer: for its newest \
             reading.",
        ),
    ))
}
