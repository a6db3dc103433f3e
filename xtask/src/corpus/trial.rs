//! A program of the corpus is compiled, checked, and what came of it compared with what must.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::num::NonZero;
use std::thread::available_parallelism;

use anyhow::Context;
use arena::broker::BrokerChoice;
use tempfile::TempDir;
use tokio::sync::{Mutex, Semaphore};

use super::{Expectation, Program};
use crate::compile::{Built, CompileError, Palette};
use crate::course::Role;
use crate::criterion::{Criterion, Finding, Judgement};
use crate::verdict::{self, Status, Verdict};

/// Programs on stage at once, for each core: most of their time they wait, wrong ones above all.
const ARENAS_PER_CORE: usize = 8;

/// What is tried at once on this machine.
#[derive(Debug)]
pub struct Stage {
    palette: Palette,
    compilers: Semaphore,
    arenas: Semaphore,
    /// The solutions' programs by step and role, for those that change only the other half.
    solutions: Mutex<HashMap<(u8, &'static str), Built>>,
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
    pub fn new(palette: Palette) -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get);
        Self {
            palette,
            compilers: Semaphore::new(cores),
            arenas: Semaphore::new(cores * ARENAS_PER_CORE),
            solutions: Mutex::default(),
        }
    }

    /// Compiles a program. Waits while all compilers are busy.
    ///
    /// # Errors
    /// When it does not compile: also a wrong program must, or it would prove nothing.
    pub async fn compile(&self, program: &Program) -> anyhow::Result<Built> {
        let is_changed = |role: &Role| !program.unchanged.contains(role);
        let roles = program.step.programs.iter().map(|program| program.role);
        let changed: Vec<Role> = roles.filter(is_changed).collect();
        let mut built = match changed.as_slice() {
            [] => None,
            changed => Some(self.compile_roles(program, changed).await?),
        };
        for role in &program.unchanged {
            let mut kept = self.solutions.lock().await;
            let half = match kept.entry((program.step.number, role.name())) {
                Entry::Occupied(half) => half.get().clone(),
                Entry::Vacant(place) => {
                    let half = self.compile_roles(program, &[*role]).await?;
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

    async fn compile_roles(&self, program: &Program, roles: &[Role]) -> anyhow::Result<Built> {
        let _turn = self.compilers.acquire().await?;
        let folder = TempDir::new().context("no temporary folder")?;
        for (path, text) in &program.sources {
            let file = folder.path().join(program.step.folder).join(path);
            fs::create_dir_all(file.parent().context("a source lies in a folder")?)?;
            fs::write(file, text)?;
        }
        let built = self
            .palette
            .compile_roles(folder.path(), program.step, roles)
            .await;
        built.map_err(|error| match error {
            CompileError::Rejected(words) => anyhow::anyhow!("it does not compile:\n{words}"),
            CompileError::Environment(error) => error,
        })
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
        let verdict = verdict::judge(program.step, built, seed, broker).await;
        Ok(Outcome {
            surprises: surprises(&program.expected, &verdict),
            verdict,
        })
    }
}

/// The findings of a verdict with the hint that is shown for each.
pub fn findings(verdict: &Verdict) -> impl Iterator<Item = (&'static Criterion, &Finding, &str)> {
    verdict
        .rows
        .iter()
        .filter_map(|(criterion, judgement)| match judgement {
            Judgement::Fail(finding) => {
                let hint = finding.hint.as_deref().unwrap_or(criterion.hint);
                Some((*criterion, finding, hint))
            }
            Judgement::Pass | Judgement::Skip => None,
        })
}

fn surprises(expected: &Expectation, verdict: &Verdict) -> Vec<String> {
    let mut surprises = Vec::new();
    match (&verdict.status, expected) {
        (Status::Pass, Expectation::Pass) => {}
        (Status::Pass, Expectation::Fail { criterion, .. }) => {
            surprises.push(format!("it passes, and should fail `{criterion}`"));
        }
        (Status::Fail | Status::ResourceLimit, Expectation::Pass) => {
            surprises.extend(findings(verdict).map(|(criterion, finding, _)| {
                format!(
                    "it fails `{}`: expected {}, saw {}",
                    criterion.id, finding.expected, finding.actual
                )
            }));
        }
        (Status::Fail | Status::ResourceLimit, Expectation::Fail { criterion, hint }) => {
            surprises.extend(misjudged(verdict, criterion, hint));
        }
        (Status::InfraError(words), _) => surprises.push(format!("the kit itself failed: {words}")),
        (status, _) => surprises.push(format!("it ends with {}", status.name())),
    }
    surprises.extend(
        findings(verdict)
            .filter(|(_, finding, _)| finding.expected == finding.actual)
            .map(|(criterion, ..)| format!("`{}` expects and sees the same text", criterion.id)),
    );
    surprises
}

fn misjudged(verdict: &Verdict, wanted: &str, words: &str) -> Option<String> {
    let ids: Vec<&str> = findings(verdict)
        .map(|(criterion, ..)| criterion.id)
        .collect();
    let found = findings(verdict).find(|(criterion, ..)| criterion.id == wanted);
    match found {
        None => Some(format!("it fails {}, not `{wanted}`", ids.join(", "))),
        Some((_, _, hint)) if !hint.contains(words) => Some(format!(
            "the hint for `{wanted}` does not say `{words}`: {hint}"
        )),
        Some(_) => None,
    }
}
