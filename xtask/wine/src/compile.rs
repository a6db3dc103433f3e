//! Compiles all programs for Windows.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use checks::compile::Elsewhere;
use checks::corpus::Program;
use checks::corpus::trial::Stage;
use tokio::task::JoinSet;

use crate::programs;

/// With a linker that Linux' distributions have. What a learner on Windows has by default, MSVC's, is
/// Microsoft's.
const TARGET: &str = "x86_64-pc-windows-gnu";

/// Compiles all into `folder`.
///
/// # Errors
/// When one does not compile, or cannot be kept.
pub async fn all(root: &Path, folder: &Path, target_dir: &Path) -> anyhow::Result<ExitCode> {
    let stage = Arc::new(Stage::new(root).compiling_for(Elsewhere::new(TARGET, target_dir)));
    let mut jobs = JoinSet::new();
    for program in programs::all(root)? {
        let (stage, folder) = (Arc::clone(&stage), folder.to_owned());
        jobs.spawn(async move {
            let done = compile(&stage, &folder, &program).await;
            done.with_context(|| format!("{} {}", program.step.name(), program.name))
        });
    }
    while let Some(job) = jobs.join_next().await {
        job??;
    }
    Ok(ExitCode::SUCCESS)
}

async fn compile(stage: &Stage, folder: &Path, program: &Program) -> anyhow::Result<()> {
    let built = stage.compile(program).await?;
    let place = programs::place(folder, program);
    fs::create_dir_all(&place)?;
    for (_, file) in &built.programs {
        let name = file.file_name().context("a program has a name")?;
        fs::copy(file, place.join(name))?;
    }
    Ok(())
}
