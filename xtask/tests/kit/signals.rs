//! A solution puts its LED out and ends in good order, whoever asks it to: Ctrl-C, a system that
//! shuts down, a terminal that is closed. With a broker it says goodbye; without one it ends too.

use anyhow::{Context, bail, ensure};
use arena::broker::{Broker, BrokerChoice};
use arena::peer::Peer;
use arena::process::Wish;
use arena::record::{End, Entry, Event, Missed};
use checks::actor::{Actor, PROMPT};
use checks::call::Call;
use checks::corpus::solution;
use checks::queries;
use checks::stage::Security;
use course::{Program, Step};
use libtest_mimic::Trial;
use rumqttc::mqttbytes::v4;

use super::{play, root, stage};

const WISHES: [Wish; 3] = [Wish::Interrupt, Wish::Terminate, Wish::HangUp];

/// What a program has of a broker when it is asked to end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Line {
    Up,
    Down,
    /// It never asks for one, as in step 0.
    Unused,
}

/// Low enough for any LED, whoever decides.
pub(super) const DARK: u16 = 20;

pub fn tests(step: &'static Step) -> Vec<Trial> {
    // Nobody can be asked on Windows: a program is ended at once there.
    let with_board = step.programs.iter().filter(|it| it.board && cfg!(unix));
    with_board
        .map(|program| {
            let name = format!("signals {} {}", step.name(), program.id);
            play(name, move || go_out(step, program))
        })
        .collect()
}

async fn go_out(step: &'static Step, program: &'static Program) -> anyhow::Result<()> {
    let solution = solution(&root()?, step)?;
    let built = stage().await?.compile(&solution).await?;
    let call = Call::new(step, &built, 0, &BrokerChoice::Embedded);
    let lines: &[Line] = match step.number {
        0 => &[Line::Unused],
        _ => &[Line::Up, Line::Down],
    };
    for wish in WISHES {
        for line in lines {
            let left = leaves(&call, program, wish, *line).await;
            left.with_context(|| format!("{wish:?}, line to a broker: {line:?}"))?;
        }
    }
    Ok(())
}

async fn leaves(
    call: &Call,
    program: &'static Program,
    wish: Wish,
    line: Line,
) -> anyhow::Result<()> {
    let broker = Broker::start(&call.broker).await?;
    let security = call.step.tls.then(Security::new).transpose()?;
    let link = Security::link(security.as_ref());
    let actor = Actor::prepare(program, "Signal-5f2c81", &broker, link, &[DARK], 50).await?;
    if let Some(security) = &security {
        actor.believes(&security.authority.pem())?;
    }
    actor.start(call).await?;
    let lit = match line {
        Line::Unused => shines(&actor).await,
        Line::Up | Line::Down => lit(&actor, &broker).await,
    };
    lit.context("it never shines")?;
    if line == Line::Down {
        let down = actor.record.len();
        actor.take_down();
        let refused = |entries: &[Entry]| {
            let refused =
                |entry: &Entry| matches!(entry.event, Event::Dialled { accepted, .. } if !accepted);
            entries.iter().any(refused).then_some(())
        };
        let refused = actor.record.when(down, PROMPT, refused).await;
        refused.map_err(missed).context("it does not try again")?;
    }
    let asked = actor.record.len();
    actor.leave_by(wish).await;
    let entries = actor.record.freeze();
    let end = queries::end(&entries);
    ensure!(
        end == Some(End::Left(Some(0))),
        "it ends like this: {end:?}"
    );
    ensure!(
        queries::led(&entries[asked..]) == Some(false),
        "its LED is still on"
    );
    let goodbye = |packet: &v4::Packet| matches!(packet, v4::Packet::Disconnect);
    let said = entries[asked..]
        .iter()
        .filter_map(queries::sent)
        .any(goodbye);
    ensure!(said == (line == Line::Up), "goodbye said: {said}");
    Ok(())
}

/// Where a device may be told what its LED shall be.
const KINDS: [&str; 2] = ["commands", "state"];

/// Waits until its LED is on: by its own decision, or by an order where it takes any.
async fn lit(actor: &Actor, broker: &Broker) -> anyhow::Result<()> {
    let topics = KINDS.map(|kind| format!("{}/{kind}", actor.id));
    let subscribed = |entries: &[Entry]| {
        let granted = || entries.iter().any(|entry| queries::suback(entry).is_some());
        let asked =
            || queries::filters(entries).any(|filter| topics.iter().any(|topic| filter == topic));
        let accepted = || entries.iter().any(queries::is_accepted);
        let decides = is_lit(entries).is_some() && accepted();
        (decides || asked() && granted()).then_some(())
    };
    let ready = actor.record.when(0, PROMPT, subscribed).await;
    ready.map_err(missed)?;
    let server = Peer::connect(broker.endpoint(), "signals-server").await?;
    if actor.record.look(is_lit).is_none() {
        for topic in &topics {
            server.publish(topic, r#"{"led_on":true}"#).await?;
        }
    }
    shines(actor).await?;
    if queries::end(&actor.record.freeze()).is_some() {
        bail!("it has ended");
    }
    Ok(())
}

/// Waits until its LED is on.
pub(super) async fn shines(actor: &Actor) -> anyhow::Result<()> {
    actor.record.when(0, PROMPT, is_lit).await.map_err(missed)
}

fn is_lit(entries: &[Entry]) -> Option<()> {
    (queries::led(entries) == Some(true)).then_some(())
}

pub(super) fn missed(missed: Missed) -> anyhow::Error {
    anyhow::anyhow!("{missed:?}")
}
