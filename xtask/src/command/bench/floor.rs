//! What a command costs that has nothing to do, and what a check costs beside what it waits for.
//!
//! Measured on a hand-out with a crate of its own that does nothing: the floor is what cargo takes
//! to run that. All is measured in turns, so that a busy moment of the machine hits everything
//! alike.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;

use super::desk::{Desk, median};
use course::{Step, steps};
use terminal::say;

/// `list` takes at most so many times as long as a program that does nothing.
const LIST_LIMIT: f64 = 1.3;

/// A check takes at most so much longer than what it waits for: cargo that runs a program when
/// nothing has changed, or cargo that builds what has.
const CHECK_LIMIT: Duration = Duration::from_millis(150);

/// The crate that does nothing.
const EMPTY: &str = "nothing";

/// Prints the medians of so many rounds beside their limits, and where the time goes.
pub async fn run(root: &Path, rounds: usize) -> anyhow::Result<()> {
    // Always the same folder: in another one, cargo compiles all of the kit anew.
    let kit = root.join("target").join("floor");
    match fs::remove_dir_all(&kit) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let desk = Desk::new(root, &kit)?;
    add_empty_crate(&desk)?;
    for step in steps() {
        desk.save_solutions(step)?;
    }
    say::out("Building the hand-out and its runner …\n")?;
    prepare(&desk).await?;

    let mut nothing = Vec::new();
    let mut list = Vec::new();
    let mut lines: Vec<Line> = steps().iter().map(Line::new).collect();
    for round in 0..rounds {
        nothing.push(do_nothing(&desk).await?);
        list.push(desk.cargo(&["xtask", "list"]).await?.0);
        for line in &mut lines {
            line.measure(&desk, round).await?;
        }
    }
    let (nothing, list) = (median(nothing), median(list));
    let times = list.as_secs_f64() / nothing.as_secs_f64();
    say::out(&format!(
        "Medians of {rounds}, in seconds. Aims: {LIST_LIMIT} times, and {:.2} more.\n\
         cargo run, of a crate that does nothing  {:.2}\n\
         cargo xtask list                         {:.2}, {times:.2} times that{}\n",
        CHECK_LIMIT.as_secs_f64(),
        nothing.as_secs_f64(),
        list.as_secs_f64(),
        missed(times > LIST_LIMIT),
    ))?;
    for line in lines {
        say::out(&line.report(nothing))?;
    }
    Ok(())
}

fn add_empty_crate(desk: &Desk) -> anyhow::Result<()> {
    let folder = desk.kit.join("lessons").join(EMPTY);
    fs::create_dir_all(folder.join("src"))?;
    let manifest = format!("[package]\nname = \"{EMPTY}\"\nedition = \"2024\"\n");
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src").join("main.rs"), "fn main() {}\n")?;
    Ok(())
}

/// Until nothing is left to build, and everybody knows.
async fn prepare(desk: &Desk) -> anyhow::Result<()> {
    for _ in 0..3 {
        do_nothing(desk).await?;
        for step in steps() {
            desk.build(step).await?;
            check(desk, step).await?;
        }
    }
    Ok(())
}

async fn do_nothing(desk: &Desk) -> anyhow::Result<Duration> {
    Ok(desk.cargo(&["run", "--quiet", "--package", EMPTY]).await?.0)
}

/// One check, from Enter to the end.
struct Check {
    all: Duration,
    compiling: Duration,
    playing: Duration,
}

async fn check(desk: &Desk, step: &Step) -> anyhow::Result<Check> {
    #[derive(Deserialize)]
    struct Report {
        timings: Timings,
    }
    #[derive(Deserialize)]
    struct Timings {
        build_ms: u64,
        run_ms: u64,
    }
    let arguments = ["xtask", "check", &step.name(), "--format", "json"];
    let (all, text) = desk.cargo(&arguments).await?;
    let Report { timings } = serde_json::from_str(&text).context("the check's report")?;
    Ok(Check {
        all,
        compiling: Duration::from_millis(timings.build_ms),
        playing: Duration::from_millis(timings.run_ms),
    })
}

/// What was measured of one step.
struct Line {
    step: &'static Step,
    unchanged: Vec<Check>,
    builds: Vec<Duration>,
    edited: Vec<Check>,
}

impl Line {
    fn new(step: &'static Step) -> Self {
        Self {
            step,
            unchanged: Vec::new(),
            builds: Vec::new(),
            edited: Vec::new(),
        }
    }

    async fn measure(&mut self, desk: &Desk, round: usize) -> anyhow::Result<()> {
        self.unchanged.push(check(desk, self.step).await?);
        edit(desk, self.step, round)?;
        // Either compiles the edit by itself: neither knows of the other's program.
        self.builds.push(desk.build(self.step).await?);
        self.edited.push(check(desk, self.step).await?);
        Ok(())
    }

    fn report(&self, nothing: Duration) -> String {
        let build = median(self.builds.clone());
        let name = self.step.name();
        row(
            &format!("{name} unchanged"),
            "cargo run",
            nothing,
            nothing,
            &self.unchanged,
        ) + &row(
            &format!("{name} edited"),
            "cargo build",
            build,
            nothing,
            &self.edited,
        )
    }
}

/// Adds a function to the first of a step's programs.
fn edit(desk: &Desk, step: &Step, round: usize) -> anyhow::Result<()> {
    let folder = desk.kit.join("lessons").join(&step.folder);
    let program = step.programs.first().context("a step without programs")?;
    let mut file = OpenOptions::new()
        .append(true)
        .open(folder.join(&program.source))?;
    write!(
        file,
        "\n#[allow(dead_code)]\nfn round_{round}() -> usize {{\n    {round}\n}}\n"
    )?;
    Ok(())
}

fn row(name: &str, beside: &str, base: Duration, nothing: Duration, checks: &[Check]) -> String {
    let of = |part: fn(&Check) -> Duration| median(checks.iter().map(part).collect());
    let all = of(|check| check.all);
    let (compiling, playing) = (of(|check| check.compiling), of(|check| check.playing));
    let more = all.saturating_sub(base);
    let runner = all.saturating_sub(nothing + compiling + playing);
    format!(
        "{name:15} {:.2}, {:.2} more than {beside}'s {:.2}{}: {:.2} cargo and launcher, {:.2} \
         runner, {:.2} compiling, {:.2} playing\n",
        all.as_secs_f64(),
        more.as_secs_f64(),
        base.as_secs_f64(),
        missed(more > CHECK_LIMIT),
        nothing.as_secs_f64(),
        runner.as_secs_f64(),
        compiling.as_secs_f64(),
        playing.as_secs_f64(),
    )
}

fn missed(missed: bool) -> &'static str {
    if missed { " (aim missed)" } else { "" }
}
