//! Ctrl-C, and the broker's answers come late, in another order than hoped for, or not at all.

use std::sync::Arc;
use std::time::Duration;

use arena::line::Answer;
use arena::peer::Message;
use arena::record::{Entry, Missed};
use course::DEVICE;
use rumqttc::mqttbytes::v4;

use super::device::{corrected, is_there};
use crate::actor::{Actor, Leaving, PROMPT};
use crate::findings::introduction::arrive;
use crate::findings::leaving::LEAVES;
use crate::findings::presence::{
    self, CORRECTS, OFFLINE, ONLINE, SAYS_OFFLINE, after_leaving, is_goodbye,
};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// It waits for the PUBACK of its last word.
const WAITS: &str = "waits-for-puback";
/// But not for ever.
const UNANSWERED: &str = "leaves-unanswered";

/// A wait for the answer that is soon over, in milliseconds.
pub(super) const SHORT_MS: u64 = 100;

/// Who does not wait for an answer does not take so long.
const HASTE: Duration = Duration::from_millis(40);

/// Nor so long on a busy machine. It decides between two causes: a right program is done before.
const HASTE_OF_THE_SLOW: Duration = Duration::from_millis(600);

/// How long Ctrl-C may take to reach a program on a busy machine.
const ARRIVAL: Duration = Duration::from_millis(300);

/// The broker answers nothing for a while, and then everything, one by one.
pub(super) async fn held_answers(stage: &mut Stage) -> Result<(), Stop> {
    let mut heard = one_by_one(stage, HASTE).await?;
    if heard.is_at_an_earlier_answer {
        // Or it was about to leave without any, and slow.
        let again = one_by_one(stage, HASTE_OF_THE_SLOW).await?;
        if again.found.is_err() {
            heard = again;
        }
    }
    // What was wrong with it has been said.
    if heard.found.is_err() {
        stage.ends_in_a_rush();
    }
    stage.judge(&heard.device, heard.rule, heard.found);
    // It has heard its own last word before that was acknowledged.
    let corrected = presence::only_when_asked(&heard.device);
    stage.judge_seen(&heard.device, CORRECTS, corrected);
    Ok(())
}

/// How a program left while answers came one by one.
struct Heard {
    device: Arc<Actor>,
    rule: &'static str,
    found: Result<(), Finding>,
    is_at_an_earlier_answer: bool,
}

async fn one_by_one(stage: &mut Stage, haste: Duration) -> Result<Heard, Stop> {
    let device = stage.prepare(DEVICE, &[250]).await?;
    quiet(&device);
    device.line.withhold(Answer::PubAck);
    stage.start(&device).await?;
    arrive(stage, &device).await?;
    is_there(&device).await?;
    let stranger = stage.peer().await?;
    let message = Message::new(stage.topic(presence::STATUS), OFFLINE);
    corrected(stage, &device, &stranger, message).await?;
    if cfg!(not(unix)) {
        // There nobody can ask it to leave.
        device.line.up();
        return Ok(Heard {
            device,
            rule: WAITS,
            found: Ok(()),
            is_at_an_earlier_answer: false,
        });
    }
    let start = device.record.len();
    let answered = async {
        let mut let_go = 0;
        let (rule, found) = match presence::says_offline(&device, start).await {
            Ok(word) => (
                WAITS,
                answers(&device, start, word, haste, &mut let_go).await,
            ),
            Err(finding) => (SAYS_OFFLINE, Err(finding)),
        };
        // Whatever else it waits for comes now.
        device.line.up();
        (rule, found, let_go)
    };
    let (_, (rule, found, let_go)) = tokio::join!(device.leave(), answered);
    Ok(Heard {
        device,
        rule,
        is_at_an_earlier_answer: found.is_err() && let_go > 0,
        found,
    })
}

/// Lets go one answer after the other while the program leaves: it goes on waiting until that of
/// its last word.
async fn answers(
    device: &Actor,
    start: usize,
    word: usize,
    haste: Duration,
    let_go: &mut usize,
) -> Result<(), Finding> {
    let number = device
        .record
        .look(|entries| queries::publish(&entries[word]).map(|it| it.pkid));
    let is_last = |entry: &Entry| match queries::received(entry) {
        Some(v4::Packet::PubAck(answer)) => Some(answer.pkid) == number,
        _ => false,
    };
    loop {
        let left = device.record.when(start, haste, |entries| {
            entries.iter().any(is_goodbye).then_some(())
        });
        match left.await {
            Ok(()) => return Err(too_early("a DISCONNECT", *let_go)),
            Err(Missed::Ended(_)) => return Err(too_early("the end", *let_go)),
            Err(Missed::TimeUp(_)) => {}
        }
        let before = device.record.look(acknowledged);
        device.line.release();
        let one_more = device.record.when(0, PROMPT, |entries| {
            (acknowledged(entries) > before).then_some(())
        });
        if one_more.await.is_err() {
            return Err(too_early("the end", *let_go));
        }
        *let_go += 1;
        if device.record.look(|entries| entries.iter().any(is_last)) {
            return Ok(());
        }
    }
}

fn acknowledged(entries: &[Entry]) -> usize {
    let answers = entries.iter().filter_map(queries::received);
    answers
        .filter(|packet| matches!(packet, v4::Packet::PubAck(_)))
        .count()
}

fn too_early(what: &str, answers: usize) -> Finding {
    if answers == 0 {
        return Finding::new(
            "first the PUBACK of `offline`, and then the DISCONNECT",
            format!("{what} before any PUBACK had come"),
        )
        .hint(
            "With QoS 1 the PUBACK says that the broker has it. Who leaves before may leave nothing \
             behind: `try_disconnect` belongs where `Packet::PubAck` comes in, and the program ends \
             after that.",
        );
    }
    Finding::new(
        "the DISCONNECT after the PUBACK of `offline`",
        format!("{what} at the PUBACK of an earlier word"),
    )
    .hint(
        "That PUBACK was for an `online` that was still unanswered. Count the words that wait for \
         an answer, or remember the packet identifier: only when none is open has the broker your \
         `offline`.",
    )
}

/// The broker is there, and does not answer.
pub(super) async fn no_answer(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.prepare(DEVICE, &[250]).await?;
    quiet(&device);
    device.redact(|redaction| redaction.uncrossed());
    device.line.withhold(Answer::PubAck);
    stage.start(&device).await?;
    arrive(stage, &device).await?;
    is_there(&device).await?;
    let leaving = device.leave().await;
    // It is gone without a goodbye, as it should.
    stage.ends_in_a_rush();
    let found = match leaving {
        Leaving::Killed => Err(Finding::new(
            "an end by itself after `settings.goodbye`",
            "it went on waiting for a PUBACK that did not come, and had to be killed",
        )),
        _ if device.record.look(|entries| entries.iter().any(is_goodbye)) => Err(Finding::new(
            "an end without a DISCONNECT when no PUBACK comes",
            "a DISCONNECT, with which the broker forgets the will",
        )
        .hint(
            "Without a PUBACK nobody knows whether the broker has your `offline`. End the program \
             without `try_disconnect`: then the broker publishes the will, which says the same.",
        )),
        _ => Ok(()),
    };
    stage.judge(&device, UNANSWERED, found);
    Ok(())
}

/// Ctrl-C while the broker's welcome is on its way.
pub(super) async fn late_welcome(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.prepare(DEVICE, &[250]).await?;
    device.redact(|redaction| redaction.nothing());
    device.line.withhold(Answer::ConnAck);
    stage.start(&device).await?;
    let dialled = tokio::time::timeout(PROMPT, device.line.withholds(1)).await;
    if dialled.is_err() {
        // Who does not connect is told so elsewhere.
        return Err(Stop::Program);
    }
    stage.ends_in_a_rush();
    let welcome = async {
        // Who ends at once is gone before. Who does not gets time for Ctrl-C to arrive.
        let gone = |_: &[Entry]| None::<()>;
        let _ = device.record.when(0, ARRIVAL, gone).await;
        device.line.up();
    };
    let (leaving, ()) = tokio::join!(device.leave(), welcome);
    let last = device.record.look(|entries| {
        let words = entries
            .iter()
            .filter(|entry| presence::is_word(entry, &device));
        words.filter_map(queries::publish).last().cloned()
    });
    if last.is_some_and(|word| word.payload == ONLINE) {
        stage.fail(&device, CORRECTS, after_leaving());
    }
    if leaving == Leaving::Killed {
        let finding = Finding::new(
            "an end after Ctrl-C",
            "it had no connection yet, went on running, and had to be killed",
        );
        stage.fail(&device, LEAVES, finding);
    }
    Ok(())
}

fn quiet(device: &Actor) {
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
        redaction.no_readings();
        redaction.uncrossed_but_for_pubacks();
    });
}
