//! What all scenes of a run share, and what differs from run to run.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arena::broker::BrokerChoice;
use course::{ProgramId, Step};

use crate::backtrace::Backtraces;
use crate::capture::Capture;
use crate::compile::Built;

/// Light levels that mean something: the ends of the scale and the threshold.
pub const EDGES: [u16; 4] = [0, 299, 300, 1023];

/// What all scenes of a run share.
#[derive(Clone, Debug)]
pub struct Call {
    /// Whose scenes are played.
    pub step: &'static Step,
    /// What is launched for each of the step's programs.
    pub programs: Vec<(ProgramId, PathBuf)>,
    /// Levels, payloads and faults follow from it.
    pub seed: u64,
    /// The broker to play on.
    pub broker: BrokerChoice,
    /// What stands around the programs; nothing when they are the learner's own.
    pub containment: Option<Arc<dyn Containment>>,
    /// Where packets are kept, if anybody wants them.
    pub capture: Option<Arc<Capture>>,
    /// Where backtraces are kept, if the programs are to tell them.
    pub backtraces: Option<Arc<Backtraces>>,
}

/// Starts programs in a way that they can do no harm.
pub trait Containment: fmt::Debug + Send + Sync {
    /// The command that runs `program`, which may connect to these ports of 127.0.0.1 only, and fill
    /// this folder, if any. Its environment is complete, but for the settings.
    ///
    /// # Errors
    /// When there is no room to prepare it.
    fn command(
        &self,
        program: &Path,
        ports: &[u16],
        folder: Option<&Path>,
    ) -> anyhow::Result<std::process::Command>;
}

impl Call {
    /// Programs that are there already, with nothing around them, of which nothing is kept.
    pub fn new(step: &'static Step, built: &Built, seed: u64, broker: &BrokerChoice) -> Self {
        Self {
            step,
            programs: built.programs.clone(),
            seed,
            broker: broker.clone(),
            containment: None,
            capture: None,
            backtraces: None,
        }
    }

    /// Random numbers for one scene. Scenes run side by side, so each has its own.
    pub fn dice(&self, scene: &str) -> fastrand::Rng {
        let salt = scene
            .bytes()
            .fold(0u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte));
        fastrand::Rng::with_seed(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt)
    }
}

/// Light levels, no two alike and none of them an edge.
pub fn levels(dice: &mut fastrand::Rng, range: std::ops::Range<u16>) -> Vec<u16> {
    let mut levels: Vec<u16> = range.filter(|level| !EDGES.contains(level)).collect();
    dice.shuffle(&mut levels);
    levels
}

/// What an id looks like. Each has capitals, small letters and digits, so that a program that
/// changes one of them is always found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As short as one may be that is still nobody else's.
    Short,
    /// In groups, like a GUID.
    Guid,
    /// As long as an id may be.
    Long,
}

impl Shape {
    /// An id of this shape. It comes from chance and not from the seed: two runs on one shared
    /// broker must not hear each other.
    pub fn draw(self) -> String {
        let groups: &[usize] = match self {
            Self::Short => &[9],
            Self::Guid => &[8, 4, 4, 4, 12],
            Self::Long => &[20, 20, 22],
        };
        let separator = match self {
            Self::Short | Self::Guid => "-",
            Self::Long => "_",
        };
        let group = |length: &usize| -> String {
            // One of each kind, and then whatever comes.
            let kinds = ['Q', 'q', '7'].into_iter();
            let rest = std::iter::repeat_with(fastrand::alphanumeric);
            kinds.chain(rest).take(*length).collect()
        };
        let groups: Vec<String> = groups.iter().map(group).collect();
        groups.join(separator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_such_as_learners_choose_and_never_the_same() {
        for shape in [Shape::Short, Shape::Guid, Shape::Long] {
            let id = shape.draw();
            assert!(id.len() <= 64, "{id}");
            assert_ne!(id, id.to_lowercase());
            assert_ne!(id, id.to_uppercase());
            assert_ne!(id, shape.draw());
        }
    }
}
