//! A reading was told and not printed: what was it about this one?

use std::time::Duration;

use arena::peer::Peer;

use super::{SPELLINGS, UNPRINTED, spelt};
use crate::actor::Actor;
use crate::findings::shown::number;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::Stop;

/// How long any of several other readings is waited for.
const SECOND_THOUGHTS: Duration = Duration::from_secs(1);

/// Levels from all over the scale, for programs that like some better than others.
const ELSEWHERE: [u16; 4] = [1013, 613, 313, 13];

/// A reading that was not printed.
#[derive(Clone, Copy, Debug)]
pub struct Unprinted {
    /// How many were told before.
    pub number: usize,
    /// Its level.
    pub level: u16,
    /// Whether this level has just been told and printed.
    pub again: bool,
}

/// What a program is told that has not printed a reading: does it print this level when it is spelt
/// otherwise, or others that are spelt like this one, or is it one behind?
///
/// # Errors
/// When the arena does not work.
pub async fn unprinted(
    server: &Actor,
    device: &Peer,
    topic: &str,
    finding: Finding,
    Unprinted {
        number,
        level,
        again,
    }: Unprinted,
) -> Result<Finding, Stop> {
    let came_in = match finding.hint.as_deref() {
        None => false,
        Some(UNPRINTED) => true,
        Some(_) => return Ok(finding),
    };
    let others = ELSEWHERE.map(|other| (number, other));
    let other = any(server, device, topic, &others, &[level]).await?;
    if !came_in {
        return Ok(finding.hint(
            "The message did not even come in: after the readings before, it no longer had its \
             connection, or its subscription.",
        ));
    }
    match other {
        Some(shown) if shown == level => {
            return Ok(finding.hint(
                "It prints a reading only when the next one is there. Print each when it comes in, \
                 and the value of this message, not one that was kept from before.",
            ));
        }
        Some(_) if again => {
            return Ok(finding.hint(
                "It printed this level when it came the first time. Every reading is printed, also \
                 when it says the same as the one before.",
            ));
        }
        Some(_) => {
            return Ok(finding.hint(
                "It prints others that are spelt like this one. Every reading is printed, whatever \
                 it says, dark or bright, and whatever was printed before.",
            ));
        }
        None => {}
    }
    let spellings: Vec<_> = (0..SPELLINGS.len()).map(|other| (other, level)).collect();
    let other = any(server, device, topic, &spellings, &[]).await?;
    Ok(if other.is_some() {
        finding.hint(
            "It prints readings that are spelt otherwise. Read the payload as JSON, and do not cut \
             the text: spaces, order and other names in it mean nothing.",
        )
    } else if number == 0 {
        finding
    } else {
        finding.hint(format!(
            "It printed {number} of the levels and then fell silent. Every reading is printed, the \
             hundredth as the first; and inside the event loop nothing may wait for anything but \
             the network."
        ))
    })
}

/// Tells some readings, each with the number of its spelling, and waits a little: which level is
/// printed, one of theirs or of those `before`?
async fn any(
    server: &Actor,
    device: &Peer,
    topic: &str,
    readings: &[(usize, u16)],
    before: &[u16],
) -> Result<Option<u16>, Stop> {
    let start = server.record.len();
    for (spelling, level) in readings {
        device.publish(topic, spelt(*spelling, *level)).await?;
    }
    let levels = readings.iter().map(|(_, level)| *level);
    let levels: Vec<u16> = levels.chain(before.iter().copied()).collect();
    let shown = server.record.when(start, SECOND_THOUGHTS, |entries| {
        let mut printed = queries::printed(entries);
        printed.find_map(|(_, line)| {
            let mut levels = levels.iter().copied();
            levels.find(|level| number(line, (*level).into()).is_some())
        })
    });
    Ok(shown.await.ok())
}
