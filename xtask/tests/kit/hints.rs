//! Hints on each criterion: no level says less than the report, each says more than the one before,
//! and none is the code.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use anyhow::{anyhow, bail, ensure};
use course::anchors::{self, Line};
use course::{Criterion, Step, steps};
use libtest_mimic::Trial;
use xtask::hints::{self, LEVELS};
use xtask::lesson::Work;
use xtask::progress::Failure;

use super::{root, test};

/// Read once for all tests, which come to the same.
static FINISHED: OnceLock<Result<BTreeSet<String>, String>> = OnceLock::new();

/// A shorter piece of code is a word that one needs: a type, a call.
const A_LINE: usize = 20;

pub fn tests(step: &'static Step) -> Vec<Trial> {
    let criteria = step.criteria.iter();
    criteria
        .map(|criterion| {
            let name = format!("hint {} {}", step.name(), criterion.id);
            test(name, move || says_more_and_more(step, criterion))
        })
        .collect()
}

fn says_more_and_more(step: &'static Step, criterion: &'static Criterion) -> anyhow::Result<()> {
    let root = root()?;
    let own = "What only this program does wrong.".to_owned();
    for hint in [criterion.hint.clone(), own] {
        let failure = Failure {
            criterion: criterion.id.clone(),
            expected: "what the check wants".to_owned(),
            actual: "what the program did".to_owned(),
            hint,
        };
        let work = Work::on(step);
        let level = |level| words(&hints::text(&root, work, criterion, &failure, level));
        let mut last = [&failure.expected, &failure.actual, &failure.hint]
            .map(|told| words(told))
            .to_vec();
        last.push(criterion.chapter.replacen(".md", "", 1));
        for number in 1..=LEVELS {
            let text = level(number);
            for told in &last {
                ensure!(text.contains(told), "level {number} lacks `{told}`: {text}");
            }
            let before: usize = last.iter().map(String::len).sum();
            ensure!(text.len() > before, "level {number} says no more: {text}");
            last = vec![text];
        }
        let text = &last[0];
        let code = FINISHED.get_or_init(|| finished().map_err(|error| format!("{error:#}")));
        let code = code.as_ref().map_err(|error| anyhow!("{error}"))?;
        if let Some(code) = code.iter().find(|code| text.contains(*code)) {
            bail!("it gives `{code}` away: {text}");
        }
    }
    Ok(())
}

fn words(text: &str) -> String {
    let plain = anstream::adapter::strip_str(text).to_string();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Each line of code that a learner is to write, but for what the TODO in its place says already.
fn finished() -> anyhow::Result<BTreeSet<String>> {
    let mut finished = BTreeSet::new();
    for step in steps() {
        for hole in &step.holes {
            let file = root()?
                .join("solutions")
                .join(&step.folder)
                .join(&hole.file);
            let text = std::fs::read_to_string(file)?;
            for marked in anchors::lines(&text)? {
                let (Line::Code(code), true) =
                    (marked.line, marked.inside.contains(&&*hole.anchor))
                else {
                    continue;
                };
                let code = code.trim().trim_end_matches([';', '?', ',', '{', ' ']);
                let value = code
                    .strip_prefix("let ")
                    .and_then(|it| it.split_once(" = "));
                let code = value.map_or(code, |(_, value)| value);
                // The guide says what a function is to be like.
                let is_given = ["//", "fn ", "use "]
                    .iter()
                    .any(|mark| code.starts_with(mark));
                let is_told = step.holes.iter().any(|hole| hole.starter.contains(code));
                if code.len() >= A_LINE && !is_given && !is_told {
                    finished.insert(code.split_whitespace().collect::<Vec<_>>().join(" "));
                }
            }
        }
    }
    Ok(finished)
}
