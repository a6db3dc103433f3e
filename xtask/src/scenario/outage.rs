//! The line goes dead, the broker restarts, the line comes back: does the program?

use std::time::Duration;

use arena::broker::Broker;
use arena::record::{Entry, Event, Missed};

use super::{Stop, missed};
use crate::actor::{Actor, ROUND};
use crate::criterion::{Criterion, Finding, Sheet};
use crate::sightings;

/// A pause shorter than this between two attempts is none.
const PAUSE: Duration = Duration::from_millis(200);

/// How long attempts to connect are watched. The solutions pause for a second, so they are not
/// kept waiting.
const WATCH: Duration = Duration::from_millis(900);

/// The criteria of an outage.
pub struct Outage {
    /// It connects again.
    pub returns: &'static Criterion,
    /// It leaves the broker in peace between two attempts.
    pub patience: &'static Criterion,
}

impl Outage {
    /// Takes the line down, restarts the broker and waits until the program is back. Returns
    /// where in the record its second life begins.
    ///
    /// # Errors
    /// [`Stop::Program`] when it does not come back.
    pub async fn judge(
        &self,
        actor: &Actor,
        broker: &mut Broker,
        sheet: &mut Sheet,
    ) -> Result<usize, Stop> {
        let down = actor.record.len();
        actor.line.down();
        broker.restart().await?;
        actor.line.lead_to(broker.address());

        let refused = |entry: &Entry| {
            matches!(
                entry.event,
                Event::Dialled {
                    accepted: false,
                    ..
                }
            )
        };
        let first = actor.drive(down, ROUND, |entries| {
            entries.iter().any(refused).then_some(())
        });
        if let Err(why) = first.await {
            actor.line.up();
            let finding = gone(actor, &why);
            sheet.fail(
                self.returns,
                match why {
                    Missed::TimeUp(_) => finding.hint(
                        "It did not even try: the event loop is no longer polled. Nothing may end \
                         the loop over `connection.iter()` or keep it waiting.",
                    ),
                    Missed::Ended(_) => finding,
                },
            );
            return Err(Stop::Program);
        }
        // A hammering program tries again and again, a patient one not before its pause is over.
        let again = actor.record.when(down, WATCH, |entries| {
            (entries.iter().filter(|entry| refused(entry)).count() > 3).then_some(())
        });
        let _ = again.await;
        let haste = actor
            .record
            .look(|entries| shortest_pause(&entries[down..], refused));

        let up = actor.record.len();
        actor.line.up();
        let back = actor.drive(up, ROUND, |entries| {
            entries.iter().any(sightings::is_accepted).then_some(())
        });
        match back.await {
            Ok(()) => sheet.pass(self.returns),
            Err(why) => {
                sheet.fail(self.returns, gone(actor, &why));
                return Err(Stop::Program);
            }
        }
        sheet.judge(
            self.patience,
            match haste {
                Some(pause) if pause < PAUSE => Err(Finding::new(
                    "a pause between two attempts to connect, say a second",
                    format!(
                        "the next attempt {} ms after the last failure",
                        pause.as_millis()
                    ),
                )),
                _ => Ok(()),
            },
        );
        Ok(up)
    }
}

/// The shortest time from one failure to the next attempt. Who waits in real time may have another
/// thread that waits on the virtual clock, and the other way round: the longer of the two counts.
fn shortest_pause(entries: &[Entry], refused: impl Fn(&Entry) -> bool) -> Option<Duration> {
    let failures = entries
        .iter()
        .filter(|entry| refused(entry) || matches!(entry.event, Event::HungUp { .. }));
    let attempts: Vec<&Entry> = failures.collect();
    attempts
        .windows(2)
        .filter(|pair| refused(pair[1]))
        .map(|pair| {
            let real = pair[1].at.saturating_duration_since(pair[0].at);
            real.max(pair[1].virtual_at.saturating_sub(pair[0].virtual_at))
        })
        .min()
}

fn gone(actor: &Actor, why: &Missed) -> Finding {
    let expected = "a new CONNECT after the line was dead and came back";
    let finding = missed(&actor.record, expected, why);
    match why {
        Missed::Ended(_) if actor.record.look(sightings::panic).is_none() => finding.hint(
            "One lost connection must not end the program. When the event loop yields an `Err`, \
             report it, wait a little, and go on with the loop: it connects again by itself.",
        ),
        _ => finding,
    }
}
