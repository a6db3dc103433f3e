//! A program of the corpus is compiled, checked, and what came of it compared with what must.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use anyhow::Context;
use arena::broker::BrokerChoice;
use tempfile::TempDir;
use tokio::sync::{Mutex, OnceCell, Semaphore};

use super::{Expectation, Program};
use crate::compile::{Built, CompileError, Elsewhere, Palette, Shelf, compile};
use crate::play::play_built;
use crate::subject::Subject;
use course::verdict::{Status, Verdict};
use course::{FOLDER_OF_FIRMWARE, ProgramId};

/// Programs on stage at once, for each core: most of their time they wait, wrong ones above all.
const ARENAS_PER_CORE: usize = 8;

/// What is tried at once on this machine.
#[derive(Debug)]
pub struct Stage {
    root: PathBuf,
    /// The system that is compiled for, if it is not this one.
    elsewhere: Option<Elsewhere>,
    palette: OnceCell<Palette>,
    /// Built only when a step asks for it.
    palette_with_tls: OnceCell<Palette>,
    compilers: Semaphore,
    arenas: Semaphore,
    /// The solutions' programs by their step's folder and by name, for those that change only the other half.
    solutions: Mutex<HashMap<(&'static str, &'static str), Built>>,
}

/// What came of one program.
#[derive(Debug)]
pub struct Outcome {
    /// The verdict, if it came that far.
    pub verdict: Verdict,
    /// What is not as expected, in sentences. Nothing, when all is well.
    pub surprises: Vec<String>,
}

impl Stage {
    /// As much at once as this machine bears.
    pub fn new(root: &Path) -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get);
        Self {
            root: root.to_owned(),
            elsewhere: None,
            palette: OnceCell::new(),
            palette_with_tls: OnceCell::new(),
            compilers: Semaphore::new(cores),
            arenas: Semaphore::new(cores * ARENAS_PER_CORE),
            solutions: Mutex::default(),
        }
    }

    /// The same for compiling programs that are then played elsewhere. A firmware's is not among them.
    #[must_use]
    pub fn compiling_for(self, elsewhere: Elsewhere) -> Self {
        Self {
            elsewhere: Some(elsewhere),
            ..self
        }
    }

    /// Compiles a program. Waits while all compilers are busy.
    ///
    /// # Errors
    /// When it does not compile: also a wrong program must, or it would prove nothing.
    pub async fn compile(&self, program: &Program) -> anyhow::Result<Built> {
        let is_changed = |id: &ProgramId| !program.unchanged.contains(id);
        let ids = program.step.programs.iter().map(|program| program.id);
        let changed: Vec<ProgramId> = ids.filter(is_changed).collect();
        let mut built = match changed.as_slice() {
            [] => None,
            changed => Some(self.compile_only(program, changed).await?),
        };
        for id in &program.unchanged {
            let mut kept = self.solutions.lock().await;
            let half = match kept.entry((program.step.folder.as_str(), id.name())) {
                Entry::Occupied(half) => half.get().clone(),
                Entry::Vacant(place) => {
                    let half = self.compile_only(program, &[*id]).await?;
                    place.insert(half).clone()
                }
            };
            built = Some(match built {
                Some(built) => built.and(half),
                None => half,
            });
        }
        built.context("a step has programs")
    }

    async fn palette(&self, shelf: Shelf) -> anyhow::Result<&Palette> {
        let place = match shelf {
            Shelf::Plain => &self.palette,
            Shelf::Tls => &self.palette_with_tls,
        };
        let build = async || match &self.elsewhere {
            Some(elsewhere) => Palette::build_for(&self.root, shelf, elsewhere).await,
            None => Palette::build(&self.root, shelf).await,
        };
        place.get_or_try_init(build).await
    }

    async fn compile_only(&self, program: &Program, ids: &[ProgramId]) -> anyhow::Result<Built> {
        if program.step.folder == FOLDER_OF_FIRMWARE {
            // One at a time in any case.
            let folder = laid_out(program)?;
            let subject = Subject::Folder(folder.path().to_owned());
            return compile(&self.root, &subject, program.step)
                .await
                .map_err(why);
        }
        let palette = self.palette(Shelf::of(program.step)).await?;
        let _turn = self.compilers.acquire().await?;
        let folder = laid_out(program)?;
        let built = palette.compile_only(folder.path(), program.step, ids).await;
        built.map_err(why)
    }

    /// Checks a compiled program. Waits while all arenas are busy.
    ///
    /// # Errors
    /// Never while the stage is there.
    pub async fn play(
        &self,
        program: &Program,
        built: &Built,
        seed: u64,
        broker: &BrokerChoice,
    ) -> anyhow::Result<Outcome> {
        let _turn = self.arenas.acquire().await?;
        let verdict = play_built(program.step, built, seed, broker).await;
        Ok(Outcome {
            surprises: surprises(&program.expected, &verdict),
            verdict,
        })
    }
}

/// A folder with a program's sources, laid out like `lessons/`.
fn laid_out(program: &Program) -> anyhow::Result<TempDir> {
    let folder = TempDir::new().context("no temporary folder")?;
    for (path, text) in &program.sources {
        let file = folder.path().join(&program.step.folder).join(path);
        fs::create_dir_all(file.parent().context("a source lies in a folder")?)?;
        fs::write(file, text)?;
    }
    Ok(folder)
}

fn why(error: CompileError) -> anyhow::Error {
    match error {
        CompileError::Rejected(words) => anyhow::anyhow!("it does not compile:\n{words}"),
        CompileError::Environment(error) => error,
    }
}

fn surprises(expected: &Expectation, verdict: &Verdict) -> Vec<String> {
    let mut surprises = Vec::new();
    match (verdict.status, expected) {
        (Status::Pass, Expectation::Pass) => {}
        (Status::Pass, Expectation::Fail { criterion, .. }) => {
            surprises.push(format!("it passes, and should fail `{criterion}`"));
        }
        (Status::Fail | Status::ResourceLimit, Expectation::Pass) => {
            surprises.extend(verdict.failed().map(|row| {
                let (expected, actual) = (shown(&row.expected), shown(&row.actual));
                format!("it fails `{}`: expected {expected}, saw {actual}", row.id)
            }));
        }
        (Status::Fail | Status::ResourceLimit, Expectation::Fail { criterion, hint }) => {
            surprises.extend(misjudged(verdict, criterion, hint));
        }
        (Status::InfraError, _) => {
            surprises.push(format!(
                "the kit itself failed: {}",
                shown(&verdict.message)
            ));
        }
        (status, _) => surprises.push(format!("it ends with {}", status.name())),
    }
    let same = verdict.failed().filter(|row| row.expected == row.actual);
    surprises.extend(same.map(|row| format!("`{}` expects and sees the same text", row.id)));
    surprises
}

/// The first failed row is what a learner reads: it has to name the true cause.
fn misjudged(verdict: &Verdict, wanted: &str, words: &str) -> Option<String> {
    let ids: Vec<&str> = verdict.failed().map(|row| row.id.as_str()).collect();
    match verdict.failed().next() {
        None => Some("it fails nothing".to_owned()),
        Some(first) if first.id != wanted => Some(format!(
            "it fails {}, and not `{wanted}` first: {}",
            ids.join(", "),
            shown(&first.hint)
        )),
        Some(first) if !shown(&first.hint).contains(words) => Some(format!(
            "the hint for `{wanted}` does not say `{words}`: {}",
            shown(&first.hint)
        )),
        Some(_) => None,
    }
}

fn shown(words: &Option<String>) -> &str {
    words.as_deref().unwrap_or_default()
}
