//! The broker is away, and the operator goes on typing.

use arena::record::Entry;
use course::SERVER;

use super::desk::{Desk, at_the_desk};
use super::ledger::Order;
use super::typing::is_said;
use crate::actor::{Actor, PROMPT};
use crate::findings::introduction;
use crate::findings::outage::{self, Down};
use crate::findings::shown::number;
use crate::queries;
use crate::scenario::server::goes_away;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// Fifty orders are taken while the broker is away.
const TAKES: &str = "takes-while-away";
/// And no more.
const REFUSES: &str = "refuses-more";
/// At the end it says how many the broker never had.
const LEFT: &str = "says-what-is-left";

/// So many are taken.
const MOST: usize = 50;
/// And so many more are typed.
const MORE: usize = 5;

/// How long the server waits before it tries again, where nothing else is to be heard of it
/// meanwhile, in milliseconds: longer than any scene.
pub(in crate::scenario) const LONG_PAUSE_MS: u64 = 3_600_000;

/// The broker goes and does not come back.
pub async fn for_good(stage: &mut Stage) -> Result<(), Stop> {
    let (server, mut desk) = at_the_desk(stage).await?;
    let gone = server.record.len();
    server.take_down();
    let noticed = |entries: &[Entry]| queries::errors(entries).next().map(drop);
    // Who says nothing is told so elsewhere.
    let _ = server.record.when(gone, PROMPT, noticed).await;
    types_many(stage, &mut desk).await?;
    let full = server.record.len();
    for _ in 0..MORE {
        server.type_line(&Order::Task(true).line()).await;
    }
    desk.is_read(stage).await?;
    let words = server.record.look(|entries| {
        let lines = queries::printed(&entries[full..]);
        lines.filter(|(_, line)| !desk.is_explanation(line)).count()
    });
    let refused = match words {
        MORE.. => Ok(()),
        words => Err(Finding::new(
            format!(
                "{MORE} orders more than {MOST}: a line for each, which says that it is refused"
            ),
            format!("{words} lines"),
        )
        .hint(
            "Who types has to know what becomes of it: an order that is not taken is said, with \
             `eprintln!`.",
        )),
    };
    stage.insist(&server, REFUSES, refused)?;
    says_what_is_left(stage, &server, MOST, MOST + MORE).await
}

/// Ctrl-C: so many orders have never been acknowledged.
async fn says_what_is_left(
    stage: &mut Stage,
    server: &Actor,
    left: usize,
    too_many: usize,
) -> Result<(), Stop> {
    server.leave().await;
    if cfg!(not(unix)) {
        // There nobody can ask it to leave.
        stage.pass(server, LEFT);
        return Ok(());
    }
    let asked = server.asked_to_leave();
    let says = |many: usize| {
        server.record.look(|entries| {
            let since = entries.get(asked..).unwrap_or_default();
            let mut lines = queries::printed(since).map(|(_, line)| line);
            lines.any(|line| number(line, many as u64).is_some())
        })
    };
    if says(left) {
        stage.pass(server, LEFT);
        return Ok(());
    }
    if says(too_many) {
        let finding = Finding::new(
            format!("{MOST} orders taken while the broker is away, and no more"),
            format!("{too_many} that wait"),
        );
        return Err(stage.stop(server, REFUSES, unbounded(finding)));
    }
    let last = server.record.look(|entries| {
        let since = entries.get(asked..).unwrap_or_default();
        let lines: Vec<String> = queries::printed(since)
            .map(|(_, line)| format!("`{line}`"))
            .collect();
        lines.join(", ")
    });
    let instead = if last.is_empty() {
        "not a word".to_owned()
    } else {
        last
    };
    let expected =
        format!("after Ctrl-C: a line which says that the broker never had {left} orders");
    Err(stage.stop(server, LEFT, Finding::new(expected, instead)))
}

fn unbounded(finding: Finding) -> Finding {
    finding.hint(
        "A list without an end fills the memory, and all of it comes at once one day. Whoever is at the \
         keyboard can wait: with fifty on the list, refuse the next one and say so.",
    )
}

/// Types as many tasks as are taken.
async fn types_many(stage: &mut Stage, desk: &mut Desk) -> Result<(), Stop> {
    let many: Vec<Order> = (0..MOST).map(|_| Order::Task(stage.dice.bool())).collect();
    desk.types_all(&many).await;
    desk.is_read(stage).await
}

/// The broker restarts, and meanwhile more is typed than there is room for.
pub async fn restart(stage: &mut Stage) -> Result<(), Stop> {
    let (server, mut desk) = at_the_desk(stage).await?;
    desk.types(Order::Task(true)).await;
    if desk.is_sent(None).await.is_err() {
        return Err(Stop::Program);
    }
    // An answer that it has not read before the line breaks is none.
    is_said(stage, &server, Some(1)).await?;
    let down = outage::go_down(stage, &server).await?;
    down.is_refused(stage, &server).await?;
    types_many(stage, &mut desk).await?;
    for _ in 0..MORE {
        server.type_line(&Order::Task(true).line()).await;
    }
    desk.is_read(stage).await?;
    down.is_over(stage, &server).await?;
    let all = desk.is_sent(Some(TAKES)).await;
    more_than(stage, &desk)?;
    all.map_err(|(rule, finding)| stage.stop(&server, rule, finding))?;
    // Until it has read the PUBACKs there is room for nothing more.
    is_said(stage, &server, u64::try_from(desk.tasks()).ok()).await?;
    // What it sends too much is on its way before this.
    desk.types_all(&[Order::State(true), Order::Task(false)])
        .await;
    let all = desk.is_sent(Some(TAKES)).await;
    more_than(stage, &desk)?;
    all.map_err(|(rule, finding)| stage.stop(&server, rule, finding))?;
    stage.pass(&server, TAKES);
    stage.pass(&server, REFUSES);
    goes_away(stage, &server).await
}

/// Whether it has sent more tasks than it had to take.
fn more_than(stage: &mut Stage, desk: &Desk) -> Result<(), Stop> {
    let server = &desk.server;
    let sent = desk.tasks_sent();
    if sent <= desk.tasks() {
        return Ok(());
    }
    let finding = Finding::new(
        format!("{MOST} orders taken while the broker is away, and no more"),
        format!("{} tasks sent when it was back", sent - 1),
    );
    Err(stage.stop(server, REFUSES, unbounded(finding)))
}

/// There is no broker for long; what is typed meanwhile waits for it.
pub async fn late(stage: &mut Stage) -> Result<(), Stop> {
    let server = stage.prepare(SERVER, &[]).await?;
    server.redact(|redaction| redaction.nothing());
    let down = Down::from_the_start(&server);
    stage.start(&server).await?;
    down.is_refused(stage, &server).await?;
    introduction::claims_nothing(stage, &server);
    let mut desk = Desk::open(stage, &server, 1).await?;
    let orders = [Order::Task(true), Order::State(true), Order::Task(false)];
    desk.types_all(&orders).await;
    desk.is_read(stage).await?;
    down.is_refused_for_long(stage, &server).await?;
    down.is_over(stage, &server).await?;
    let all = desk.is_sent(Some(TAKES)).await;
    all.map_err(|(rule, finding)| stage.stop(&server, rule, finding))
}
