//! 200 devices speak at once.

use course::SERVER;
use course::wording::counted;

use super::ballot::{Command, To, Ways};
use super::crowd::{Crowd, names};
use super::exchange::{self, Broken, answered, count, heard, since};
use super::server::{TELEMETRY, stops};
use crate::actor::Actor;
use crate::findings::missed;
use crate::findings::subscription::listens;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// All are answered.
const BURST: &str = "burst";

/// As many as there are in the lesson's stadium.
const DEVICES: usize = 200;

/// Over how many connections they speak where the order is chance.
const CONNECTIONS: usize = 4;

/// The devices come up one after the other, so that each reading flips the decision; then none does;
/// then they speak over several connections, as chance has it.
pub async fn burst(stage: &mut Stage) -> Result<(), Stop> {
    let names = names(&mut stage.dice, DEVICES);
    let server = stage.enter(SERVER, &[]).await?;
    // So many lines that are much alike help nobody who reads the transcript.
    server.redact(|redaction| redaction.nothing());
    listens(stage, &server, TELEMETRY).await?;
    let mut one = Crowd::gather(stage, 1).await?;
    let alternating: Vec<u16> = [0, 1023].into_iter().cycle().take(DEVICES).collect();
    let mixed: Vec<u16> = (0..DEVICES).map(|_| stage.dice.u16(0..600)).collect();
    let mut many = Crowd::gather(stage, CONNECTIONS).await?;
    for levels in [&alternating, &alternating] {
        all_at_once(stage, &server, &mut one, &names, levels).await?;
    }
    all_at_once(stage, &server, &mut many, &names, &mixed).await?;
    stage.pass(&server, BURST);
    Ok(())
}

async fn all_at_once(
    stage: &mut Stage,
    server: &Actor,
    crowd: &mut Crowd,
    names: &[String],
    levels: &[u16],
) -> Result<(), Stop> {
    let start = server.record.len();
    server.line.hold();
    for (name, level) in names.iter().zip(levels) {
        crowd.tell(name, *level).await?;
    }
    server.comes_all_at_once(names.len(), start).await?;
    if let Err(why) = answered(server, start, names.len()).await {
        let so_far = server
            .record
            .look(|entries| count(&entries[start..], server));
        let expected = format!("{DEVICES} commands, one for each device");
        let finding = missed(&server.record, expected, &why);
        let finding = match finding.hint {
            Some(_) => finding,
            None => Finding {
                actual: format!("{}, then silence", counted(so_far, "command", "commands")),
                ..finding
            },
        };
        return Err(stage.stop(server, BURST, finding));
    }
    let judged = exchange::judge_at_rest(server).await;
    judged.map_err(|broken| {
        let broken = overtaken(server).unwrap_or(broken);
        stops(stage, server, broken)
    })
}

/// Whether all commands are there, but in another order.
fn overtaken(server: &Actor) -> Option<Broken> {
    let heard = server.record.look(|entries| heard(entries, server));
    let mut right = Ways::RIGHT.answers(&heard);
    let mut actual = since(server, 0);
    let order = |command: &Command| match &command.to {
        To::All => (String::new(), command.on),
        To::One(device) => (device.clone(), command.on),
    };
    right.sort_by_key(order);
    actual.sort_by_key(order);
    (right == actual).then(|| {
        let finding = Finding::new(
            "the commands in the order of the readings",
            "the same commands in another order",
        );
        (
            BURST,
            finding.hint(
                "An answer to an older reading has overtaken that to a newer one, and the last \
                 command that a device hears is no longer the decision. Answer from the event loop \
                 itself, or from one thread that takes the readings out of a queue.",
            ),
        )
    })
}
