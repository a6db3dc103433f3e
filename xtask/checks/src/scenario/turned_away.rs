//! A broker that answers and says no. Later it lets the program in, and then the line breaks again
//! and again.

use std::time::Duration;

use arena::patience::Metronome;
use arena::record::{Entry, Event, Missed};
use course::ProgramId;

use crate::actor::{Actor, PROMPT, ROUND};
use crate::findings::introduction;
use crate::findings::missed;
use crate::findings::outage::{self, Moment, PATIENCE, RETURNS, SAYS};
use crate::findings::subscription::subscribed_to;
use crate::queries::{self, is_refused};
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// How often the line breaks: more often than whoever prepares for an outage or two counts on.
const BREAKS: usize = 3;

/// Who pauses for so long is not waited for as often.
const LONG_PAUSE: Duration = Duration::from_millis(800);

/// Where a nap of ten milliseconds takes so long, who does not pause may seem to, once.
const DRAGGING: Duration = Duration::from_millis(20);

/// But not so often.
const ATTEMPTS: usize = 4;

/// What it says at a CONNACK, and is told, leaves no longer pause.
const QUIET: Duration = Duration::from_millis(20);

/// What a program has to subscribe to at each CONNACK: the kinds of its topics, and the rule.
pub(super) type Subscription<'a> = (&'static str, &'a [&'a str]);

/// The program is refused when it starts: that is told, and no reason to end or to hurry.
pub(super) async fn turned_away(
    stage: &mut Stage,
    program: ProgramId,
    subscription: Option<Subscription<'_>>,
) -> Result<(), Stop> {
    let actor = stage.prepare(program, &[100]).await?;
    actor.redact(|redaction| redaction.nothing());
    actor.line.turn_away(true);
    let metronome = Metronome::start();
    stage.start(&actor).await?;
    let refused = actor.drive(0, PROMPT, |entries| {
        let is_refused = entries.iter().any(is_refused);
        (is_refused || queries::failed_links(entries) > 0).then_some(is_refused)
    });
    // Who does not even connect is told so elsewhere.
    if !matches!(refused.await, Ok(true)) {
        return Err(Stop::Program);
    }
    // No virtual time passes that could be taken for its pause.
    outage::watch(&actor, 0, is_refused).await;
    let again = dials_again(&actor, 1).await;
    stage.insist(&actor, RETURNS, again)?;
    let seems_patient = actor.record.look(shortest_pause);
    if seems_patient.is_some_and(|pause| pause < LONG_PAUSE) && metronome.longest_nap() >= DRAGGING
    {
        let again = dials_again(&actor, ATTEMPTS).await;
        stage.insist(&actor, RETURNS, again)?;
    }
    let said = says_so(&actor).await;
    stage.judge_seen(&actor, SAYS, said);
    let pause = actor.record.look(shortest_pause).unwrap_or(LONG_PAUSE);
    let patient = outage::is_patient(pause, "after the broker had refused it");
    stage.judge_seen(&actor, PATIENCE, patient);
    introduction::claims_nothing(stage, &actor);

    let place = actor.record.len();
    actor.line.turn_away(false);
    lives(stage, &actor, place, subscription).await?;
    let breaks = if pause < LONG_PAUSE { BREAKS } else { 1 };
    for _ in 0..breaks {
        let place = actor.record.len();
        actor.cut();
        lives(stage, &actor, place, subscription).await?;
    }
    // A goodbye gets lost where something is still on its way.
    actor.calm(QUIET).await;
    Ok(())
}

/// After the first refusal it tries once more, so many times.
async fn dials_again(actor: &Actor, attempts: usize) -> Result<(), Finding> {
    let again = actor.drive(0, ROUND, |entries| {
        let since = entries.iter().skip_while(|entry| !is_refused(entry));
        let dialled = since.filter(|entry| is_dialled(entry)).count();
        (dialled >= attempts).then_some(())
    });
    again.await.map_err(|why| gives_up(actor, &why))
}

/// The broker accepts the program, and it subscribes to what it wants to hear.
async fn lives(
    stage: &mut Stage,
    actor: &Actor,
    place: usize,
    subscription: Option<Subscription<'_>>,
) -> Result<(), Stop> {
    outage::comes_back(stage, actor, place).await?;
    if let Some((rule, kinds)) = subscription {
        let subscribed = subscribed_to(actor, place, kinds).await;
        if subscribed.is_err() && actor.breaks().is_empty() {
            // Who does not subscribe in its first life is told so elsewhere.
            return Err(Stop::Program);
        }
        stage.insist(actor, rule, subscribed)?;
    }
    Ok(())
}

fn is_dialled(entry: &Entry) -> bool {
    matches!(entry.event, Event::Dialled { .. })
}

/// The shortest time from a refusal to the next attempt.
fn shortest_pause(entries: &[Entry]) -> Option<Duration> {
    let mut refused = None;
    let pauses = entries.iter().filter_map(|entry| {
        if is_refused(entry) {
            refused = Some(Moment::of(entry));
        }
        let next = is_dialled(entry).then(|| refused.take()).flatten();
        next.map(|refused| refused.until(Moment::of(entry)))
    });
    pauses.min()
}

fn gives_up(actor: &Actor, why: &Missed) -> Finding {
    let expected = "another CONNECT after the broker has refused one";
    let finding = missed(&actor.record, expected, why);
    if actor.record.look(queries::panic).is_some() {
        return finding;
    }
    finding.hint(
        "It gives up when the broker refuses it. That is an `Err` of the event loop like any other: \
         report it, wait, and go on, for tomorrow the broker may know you. Only Ctrl-C ends a \
         nightlight.",
    )
}

async fn says_so(actor: &Actor) -> Result<(), Finding> {
    let said = actor.record.when(0, PROMPT, |entries| {
        queries::errors(entries).next().map(drop)
    });
    let expected = "a line on standard error that says that the broker refuses this client";
    said.await.map_err(|why| match why {
        Missed::TimeUp(_) => Finding::new(expected, "not a word about it").hint(
            "`ConnectionError::ConnectionRefused(reason)` is the broker's no. Say so with \
             `eprintln!`: whoever reads that looks at the password or the name, and not for a broker \
             that is not running.",
        ),
        why => missed(&actor.record, expected, &why),
    })
}
