//! Commands that no reading has asked for.

use arena::record::Entry;
use rumqttc::mqttbytes::v4;

use super::answers::{ANSWERS, MORE_THAN_ONE, TOPIC, commands, is_command};
use super::decisions::{NOT_RETAINED, PAYLOAD, not_retained};
use crate::actor::Actor;
use crate::findings::payload;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::Stage;

/// The server has left: whatever it has sent was an answer, and such as commands are.
pub(super) async fn looked_back(stage: &mut Stage, server: &Actor) {
    server.leave().await;
    stage.judge_seen(server, ANSWERS, only_answers(server));
    let (elsewhere, retained, payloads) = server.record.look(|entries| {
        let commands = commands(entries, server);
        let mut payloads = commands
            .iter()
            .map(|command| payload::led_on(&command.payload));
        (
            payload::foreign(entries, &server.id, "commands"),
            not_retained(&commands),
            payloads.find_map(Result::err),
        )
    });
    stage.judge_seen(server, TOPIC, elsewhere);
    stage.judge_seen(server, NOT_RETAINED, retained);
    stage.judge_seen(server, PAYLOAD, payloads.map_or(Ok(()), Err));
}

/// Whether there was a reading before each command.
pub(super) fn only_answers(server: &Actor) -> Result<(), Finding> {
    let Asked {
        readings,
        commands,
        unasked,
        at_first,
    } = server.record.look(|entries| Asked::of(entries, server));
    if !unasked {
        return Ok(());
    }
    let finding = Finding::new(
        "one command for each reading",
        "a command that no reading has asked for",
    );
    Err(if !at_first && commands >= readings + readings / 2 {
        finding.hint(MORE_THAN_ONE)
    } else {
        finding.hint(
            "The server answers readings and sends nothing of its own accord: no command at its \
             start, when it comes back, by a timer, or when it leaves.",
        )
    })
}

/// What asked for the commands that were sent.
#[derive(Debug, Default)]
struct Asked {
    readings: usize,
    commands: usize,
    /// There were more commands than readings so far.
    unasked: bool,
    /// There was a command before the first reading of its connection.
    at_first: bool,
}

impl Asked {
    fn of(entries: &[Entry], server: &Actor) -> Self {
        let mut asked = Self::default();
        let mut any_reading = false;
        for entry in entries {
            if queries::is_accepted(entry) {
                any_reading = false;
            }
            if let Some(v4::Packet::Publish(reading)) = queries::received(entry)
                && payload::light(&reading.payload).is_ok()
            {
                any_reading = true;
                asked.readings += 1;
            }
            if is_command(entry, server) {
                asked.commands += 1;
                asked.at_first |= !any_reading;
                asked.unasked |= asked.commands > asked.readings || !any_reading;
            }
        }
        asked
    }
}
