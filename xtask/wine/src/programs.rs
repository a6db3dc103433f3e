//! Which programs: solutions, and of each step some wrong ones.

use std::path::{Path, PathBuf};

use anyhow::Context;
use checks::corpus::{self, Program};
use course::{Step, steps};

/// These cut a line dozens of times in a run, and under Wine 8 a program now and then does not come back from
/// one of them. On Linux that has never been seen, so it is probably Wine that keeps the cut to itself.
/// In their other scenes nothing was found.
const NOT_UNDER_WINE: [&str; 2] = ["step7", "step8"];

/// Wrong in what another system may do otherwise: how a program ends and what it says then, what becomes of
/// a connection and of those who wait for one; and some in nothing but what they do.
const WRONG: [(&str, &str); 12] = [
    ("step1", "wrong/no-pause"),
    ("step1", "wrong/panics-at-an-error"),
    ("step1", "wrong/led-frozen-while-offline"),
    ("step2", "wrong/topic-without-id"),
    ("step2", "wrong/panics-at-the-eleventh-message"),
    ("step3", "wrong/reports-on-standard-output"),
    ("step3", "wrong/subscribes-once"),
    ("step4", "wrong/device-decides-while-offline"),
    ("step4", "wrong/server-at-300"),
    ("step5", "wrong/will-not-retained"),
    ("step6", "wrong/server-never-forgets"),
    ("step9", "wrong/believes-everybody"),
];

/// All of them, as the corpus has them.
///
/// # Errors
/// When this copy of the kit has no corpus, or no such program in it.
pub fn all(root: &Path) -> anyhow::Result<Vec<Program>> {
    let mut chosen = Vec::new();
    let played = |step: &&Step| !NOT_UNDER_WINE.contains(&step.name().as_str());
    for step in steps().iter().filter(played) {
        chosen.push(corpus::solution(root, step)?);
        let corpus = corpus::programs(root, step)?;
        for (_, name) in WRONG.iter().filter(|(of, _)| *of == step.name()) {
            let wrong = corpus.iter().find(|program| program.name == *name);
            let wrong =
                wrong.with_context(|| format!("no {name} in the corpus of {of}", of = step.name()));
            chosen.push(wrong?.clone());
        }
    }
    Ok(chosen)
}

/// Where a program's files lie.
pub fn place(folder: &Path, program: &Program) -> PathBuf {
    folder.join(program.step.name()).join(&program.name)
}
