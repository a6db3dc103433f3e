//! Builds a step's package in the workspace as cargo would, and with as little of cargo as that
//! needs.
//!
//! Where nothing has changed since the last build, its programs and warnings are there already.
//! Where only the package's own sources have, rustc compiles them the way cargo had it do so, into
//! a folder of our own: what cargo remembers of its builds stays true. All else, and all that is in
//! doubt, is cargo's.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use launch::manifest::Fault;
use tokio::task::JoinSet;

use super::again::{Job, Outcome};
use super::cargo::{self, Volume};
use super::diagnostics::shown;
use super::kept::{Kept, Product, Program, Store};
use super::learned::{self, Before};
use super::{Built, CompileError, Route};
use course::{ProgramId, Step};

/// A step's package in the workspace.
#[derive(Debug)]
pub(super) struct Package<'a> {
    /// The workspace's folder.
    pub root: &'a Path,
    /// The package's own.
    pub folder: PathBuf,
    /// As in its manifest.
    pub name: String,
    /// What the step calls its programs, and what the package does.
    pub programs: Vec<(ProgramId, String)>,
}

/// A program, and what rustc warned of, as it reads in a terminal with colours.
#[derive(Debug)]
struct Made {
    file: PathBuf,
    warnings: String,
}

impl<'a> Package<'a> {
    /// The package of a step in `lessons/` or `solutions/`; `suffix` is what its name and its
    /// programs' names end in.
    pub fn of(root: &'a Path, home: &str, step: &Step, suffix: &str) -> Self {
        let programs = step.programs.iter();
        Self {
            root,
            folder: root.join(home).join(&step.folder),
            name: format!("{}{suffix}", step.package),
            programs: programs
                .map(|program| (program.id, format!("{}{suffix}", program.binary)))
                .collect(),
        }
    }

    /// Builds it, or finds it built.
    pub async fn build(&self) -> Result<Built, CompileError> {
        let store = Store::of(self.root, &self.name);
        let mut kept: Kept = store.read().unwrap_or_default();
        if let Some(all) = self.find(&kept) {
            return Ok(self.built(all, Route::Kept));
        }
        // Who finds another check at work here leaves everything to cargo.
        let lock = store.lock();
        if lock.is_some()
            && let Some(all) = self.compile(&store, &mut kept).await?
        {
            // Without it, all is done once more.
            let _ = store.write(&kept);
            return Ok(self.built(all, Route::Rustc));
        }
        let all = self.cargo(&mut kept).await?;
        if lock.is_some() {
            let _ = store.write(&kept);
        }
        Ok(self.built(all, Route::Cargo))
    }

    /// The programs with line tables, where rustc alone can make them.
    pub async fn with_lines(&self) -> Option<Built> {
        let kept: Kept = Store::of(self.root, &self.name).read()?;
        let store = Store::of(self.root, &format!("{}-lines", self.name));
        let _lock = store.lock()?;
        let mut all = Vec::new();
        for (_, name) in &self.programs {
            let recipe = kept.programs.get(name)?.recipe.as_ref();
            let recipe = recipe.filter(|recipe| recipe.inputs.hold())?;
            let job = Job::new(self, name, &recipe.invocation.with_lines(), &store)?;
            let Outcome::Made { warnings, .. } = job.run().await else {
                return None;
            };
            let file = store.program(name);
            all.push(Made { file, warnings });
        }
        Some(self.built(all, Route::Rustc))
    }

    /// The programs of the last build, if nothing has changed.
    fn find(&self, kept: &Kept) -> Option<Vec<Made>> {
        let names = self.programs.iter().map(|(_, name)| name);
        names.map(|name| fresh(kept.programs.get(name)?)).collect()
    }

    /// Calls rustc for what has changed. None where that is for cargo to do.
    async fn compile(
        &self,
        store: &Store,
        kept: &mut Kept,
    ) -> Result<Option<Vec<Made>>, CompileError> {
        let before = Before::look(kept.seen());
        let mut all = Vec::new();
        let mut jobs = JoinSet::new();
        for (index, (_, name)) in self.programs.iter().enumerate() {
            let program = kept.programs.get(name);
            all.push(program.and_then(fresh));
            if all[index].is_some() {
                continue;
            }
            let recipe = program.and_then(|program| program.recipe.as_ref());
            let recipe = recipe.filter(|recipe| recipe.inputs.hold());
            let job = recipe.and_then(|recipe| Job::new(self, name, &recipe.invocation, store));
            let Some(job) = job else { return Ok(None) };
            jobs.spawn(async move { (index, job.run().await) });
        }
        let mut rejected = vec![String::new(); self.programs.len()];
        while let Some(job) = jobs.join_next().await {
            let (index, outcome) = job.context("compiling was given up")?;
            match outcome {
                Outcome::Made { warnings, sources } => {
                    let name = &self.programs[index].1;
                    let file = store.program(name);
                    if let Some(program) = kept.programs.get_mut(name) {
                        program.product = program.recipe.as_ref().and_then(|recipe| {
                            let inputs = recipe.with(&sources, &file)?;
                            before.vouches(name, &inputs).then(|| Product {
                                file: file.clone(),
                                warnings: warnings.clone(),
                                inputs,
                            })
                        });
                    }
                    all[index] = Some(Made { file, warnings });
                }
                Outcome::Rejected(words) => rejected[index] = words,
                Outcome::Doubtful => return Ok(None),
            }
        }
        let rejected = rejected.concat();
        if rejected.is_empty() {
            return Ok(all.into_iter().collect());
        }
        // The others are not made once more.
        let _ = store.write(kept);
        Err(CompileError::Rejected(shown(&rejected)))
    }

    /// Lets cargo do what there is to do, and learns from it.
    async fn cargo(&self, kept: &mut Kept) -> Result<Vec<Made>, CompileError> {
        let before = Before::look(kept.seen());
        let names = self.programs.iter().map(|(_, name)| name.as_str());
        let targets: Vec<&str> = names.flat_map(|name| ["--bin", name]).collect();
        let said = cargo::run(self.root, Volume::Verbose, &self.name, &targets).await?;
        if !said.success {
            let errors = said.errors();
            if !errors.is_empty() {
                return Err(CompileError::Rejected(shown(&errors)));
            }
            let fault = Fault::read(&said.stderr, self.root);
            return Err(fault.map_or_else(
                || anyhow!("cargo cannot build {}:\n{}", self.name, said.complaint()),
                |fault| anyhow!("{fault}. {}", fault.way_back(self.root, true)),
            ))?;
        }
        let mut all = Vec::new();
        for (_, name) in &self.programs {
            let (artifact, file) = said
                .program(name)
                .with_context(|| format!("package {} makes no program {name}", self.name))?;
            all.push(Made {
                file: file.clone(),
                warnings: said.warnings(artifact),
            });
        }
        learned::remember(self, kept, &before, &said);
        Ok(all)
    }

    fn built(&self, all: Vec<Made>, route: Route) -> Built {
        let warnings: String = all.iter().map(|made| made.warnings.as_str()).collect();
        let files = all.into_iter().map(|made| made.file);
        let ids = self.programs.iter().map(|(id, _)| *id);
        Built {
            programs: ids.zip(files).collect(),
            warnings: shown(&warnings),
            route,
            folders: Vec::new(),
        }
    }
}

/// A program that was made, if nothing has changed since.
fn fresh(program: &Program) -> Option<Made> {
    let product = program.product.as_ref()?;
    product.inputs.hold().then(|| Made {
        file: product.file.clone(),
        warnings: product.warnings.clone(),
    })
}
