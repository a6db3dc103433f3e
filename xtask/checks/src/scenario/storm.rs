//! Device and server through many faults: which of the two does not go on, and which is to blame.

use arena::record::{Entry, Missed};

use crate::actor::Actor;
use crate::findings::missed;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    Device,
    Server,
}

/// Why a fault is not over.
pub(super) enum Gone {
    Device(Missed),
    Server(Missed),
    Stop(Stop),
}

impl From<anyhow::Error> for Gone {
    fn from(error: anyhow::Error) -> Self {
        Self::Stop(Stop::Arena(error))
    }
}

impl From<Stop> for Gone {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// The present lives of the two.
pub(super) struct Pair<'a> {
    pub device: &'a Actor,
    pub server: &'a Actor,
}

impl Pair<'_> {
    /// Judges what was counted at the end.
    pub fn judge(
        &self,
        stage: &mut Stage,
        rule: &str,
        finding: Option<(Where, Finding)>,
    ) -> Result<(), Stop> {
        let Some((place, finding)) = finding else {
            stage.pass(self.device, rule);
            return Ok(());
        };
        let whose = match place {
            Where::Device => self.device,
            Where::Server => self.server,
        };
        Err(stage.stop(whose, rule, finding))
    }

    /// One of them does not go on, at `when`.
    pub fn stops(&self, stage: &mut Stage, rule: &str, when: &str, gone: Gone) -> Stop {
        let (actor, why) = match gone {
            Gone::Stop(stop) => return stop,
            Gone::Device(why) => (self.device, why),
            Gone::Server(why) => (self.server, why),
        };
        let expected = format!("{when}: the {} as before", actor.program.id);
        let finding = missed(&actor.record, expected, &why);
        stage.stop(actor, rule, finding)
    }
}

/// Whether a program is online, and since then so many of its filters were answered.
pub(super) fn is_back(entries: &[Entry], filters: usize) -> Option<()> {
    let accepted = entries.iter().rposition(queries::is_accepted)?;
    let since = entries[accepted..].iter().filter_map(queries::suback);
    let codes: usize = since.map(|answer| answer.return_codes.len()).sum();
    (codes >= filters).then_some(())
}
