//! Ctrl-C: the program says goodbye and ends.

use arena::record::{End, Missed};
use rumqttc::mqttbytes::v4;

use super::missed;
use crate::actor::{Actor, Leaving};
use crate::queries;
use crate::sheet::Finding;

/// It leaves when it is asked to.
pub const LEAVES: &str = "leaves";

/// Whether the program ended by itself after Ctrl-C, and said goodbye if there was a broker to say
/// it to.
///
/// # Errors
/// Says what it did instead.
pub fn judge(actor: &Actor, leaving: &Leaving) -> Result<(), Finding> {
    let was_online = actor.is_online();
    let said_goodbye = actor.record.look(|entries| {
        let goodbye = |packet: &v4::Packet| matches!(packet, v4::Packet::Disconnect);
        entries.iter().filter_map(queries::sent).any(goodbye)
    });
    match leaving {
        Leaving::Killed if said_goodbye => Err(Finding::new(
            "an end after Ctrl-C",
            "it said goodbye to the broker, went on running, and had to be killed",
        )
        .hint(
            "After the goodbye nothing may keep the program: the loop is left, and `main` returns. \
             A `join` of a thread that never ends waits for ever.",
        )),
        Leaving::Killed => Err(Finding::new(
            "an end after Ctrl-C",
            "it went on running, and had to be killed",
        )
        .hint(if was_online {
            "The handler of Ctrl-C only asks the event loop to say goodbye: `disconnect`. When \
             that has been sent, the loop yields `Outgoing::Disconnect`; there it is left, and \
             `main` returns."
        } else {
            "While there is no broker there is nobody to say goodbye to: the wait for the next \
             attempt has to end at once, `stopped.recv_timeout(settings.retry_pause)`."
        })),
        Leaving::ByItself if was_online && !said_goodbye => Err(Finding::new(
            "a DISCONNECT, and then the end",
            "an end without a DISCONNECT: to the broker it looks like an accident",
        )
        .hint(
            "The handler of Ctrl-C calls `disconnect`, and the loop goes on until it yields \
             `Outgoing::Disconnect`: then the goodbye has been sent, and the program may end.",
        )),
        Leaving::Gone => {
            let end = actor.record.look(queries::end).unwrap_or(End::Stopped);
            let expected = "a program that runs until Ctrl-C";
            Err(missed(&actor.record, expected, &Missed::Ended(end)))
        }
        Leaving::ByItself | Leaving::NotAsked => Ok(()),
    }
}
