//! `cargo xtask check`.

mod next;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use arena::broker::{Broker, BrokerChoice};
use nightlight::{Settings, SettingsError};

use super::serve::open_page;
use crate::cli::{Check, Format};
use crate::lesson::{self, Work};
use crate::progress::{self, Progress};
use crate::report::human;
use crate::report::spinner::Spinner;
use checks::capture::Capture;
use checks::play::compile_and_capture;
use checks::subject::Subject;
use course::verdict::{Status, Verdict};
use course::{Step, steps};
use terminal::exit::{ENVIRONMENT, FAILED};
use terminal::say;
use terminal::workspace::shown;

pub async fn run(root: &Path, arguments: &Check) -> anyhow::Result<ExitCode> {
    let subject = Subject::new(root, arguments.solutions, arguments.subject.as_deref())?;
    let steps = choose(root, arguments, &subject)?;
    if steps.is_empty() {
        say::out("All steps are done. `cargo xtask check all` checks them once more.\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    if subject == Subject::Lessons {
        settings_are_readable()?;
    }
    let ended = tell(root, arguments, &subject, steps, None).await?;
    Ok(worst(&ended))
}

/// Checks these steps, or the one of the `puzzle` that is the subject; tells what came of it, and
/// returns how each ended.
pub async fn tell(
    root: &Path,
    arguments: &Check,
    subject: &Subject,
    steps: Vec<&'static Step>,
    puzzle: Option<&str>,
) -> anyhow::Result<Vec<Status>> {
    // Before anything is compiled: a broker that is not there should be said at once. Ours is.
    if arguments.broker != BrokerChoice::Embedded {
        drop(Broker::start(&arguments.broker).await?);
    }
    let seed = seed(arguments);

    let capture = arguments.pcap.is_some().then(Arc::<Capture>::default);
    // Side by side, and told in order.
    let checks: Vec<_> = steps
        .into_iter()
        .map(|step| {
            let (root, subject) = (root.to_owned(), subject.clone());
            let whose = Whose {
                subject,
                step,
                puzzle: puzzle.map(str::to_owned),
            };
            let broker = arguments.broker.clone();
            tokio::spawn(one(root, whose, seed, broker, capture.clone()))
        })
        .collect();
    let mut ended = Vec::new();
    for check in checks {
        let spinner = Spinner::new("compiling and checking …");
        let checked = check.await??;
        drop(spinner);
        // First: what comes next depends on what is done.
        keep(root, &checked);
        say::out(&text(root, arguments, &checked)?)?;
        if arguments.open {
            draw(root, &checked)?;
        }
        ended.push(checked.verdict.status);
    }
    if let (Some(file), Some(capture)) = (&arguments.pcap, capture) {
        write(&capture, file).with_context(|| format!("{} cannot be written", shown(file)))?;
    }
    Ok(ended)
}

/// The exit status that says how all of them ended.
pub fn worst(ended: &[Status]) -> ExitCode {
    if ended.contains(&Status::InfraError) {
        ExitCode::from(ENVIRONMENT)
    } else if ended.iter().all(|status| *status == Status::Pass) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    }
}

fn write(capture: &Capture, file: &Path) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(file)?);
    capture.write(&mut file)?;
    file.flush()
}

/// The steps that were asked for; for learners, without a word, the next unfinished one.
fn choose(root: &Path, arguments: &Check, subject: &Subject) -> anyhow::Result<Vec<&'static Step>> {
    Ok(match arguments.step.as_deref() {
        Some("all") => steps().iter().collect(),
        Some(name) => vec![course::find_or_firmware(name)?],
        None if *subject == Subject::Lessons => Progress::open(root)?.next().into_iter().collect(),
        None => steps().iter().collect(),
    })
}

/// A check brings settings of its own, but a mistake in the learner's would surprise them right
/// after it.
fn settings_are_readable() -> anyhow::Result<()> {
    match Settings::read() {
        Ok(_) | Err(SettingsError::MissingId { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whose program is checked.
struct Whose {
    subject: Subject,
    step: &'static Step,
    /// The name of the puzzle's program, if the subject is one.
    puzzle: Option<String>,
}

impl Whose {
    /// What a learner works on, if it is that.
    fn work(&self) -> Option<Work<'_>> {
        let puzzle = self.puzzle.as_deref();
        let is_learners = puzzle.is_some() || self.subject == Subject::Lessons;
        is_learners.then_some(Work {
            step: self.step,
            puzzle,
        })
    }
}

struct Checked {
    whose: Whose,
    verdict: Verdict,
    /// Of the learner's sources before they were compiled: who saves while a check runs gets no
    /// credit for what was not checked.
    fingerprint: Option<String>,
}

async fn one(
    root: PathBuf,
    whose: Whose,
    seed: u64,
    broker: BrokerChoice,
    capture: Option<Arc<Capture>>,
) -> anyhow::Result<Checked> {
    let fingerprint = match whose.work() {
        Some(work) => {
            lesson::is_whole(&root, work)?;
            Some(progress::fingerprint(&root, work)?)
        }
        None => None,
    };
    let Whose { subject, step, .. } = &whose;
    let verdict = compile_and_capture(&root, subject, step, seed, &broker, capture).await?;
    Ok(Checked {
        whose,
        verdict,
        fingerprint,
    })
}

/// Checks one of the learner's steps, or the puzzle of that step, keeps the result, and returns the
/// report and how the check ended.
pub async fn one_report(
    root: &Path,
    arguments: &Check,
    step: &'static Step,
    puzzle: Option<&str>,
) -> anyhow::Result<(String, Status)> {
    let whose = Whose {
        subject: match puzzle {
            Some(_) => Subject::Folder(super::puzzle::place(root)),
            None => Subject::Lessons,
        },
        step,
        puzzle: puzzle.map(str::to_owned),
    };
    let broker = arguments.broker.clone();
    let spinner = Spinner::new("compiling and checking …");
    let checked = one(root.to_owned(), whose, seed(arguments), broker, None).await?;
    drop(spinner);
    keep(root, &checked);
    let report = text(root, arguments, &checked)?;
    Ok((report, checked.verdict.status))
}

fn seed(arguments: &Check) -> u64 {
    arguments
        .seed
        .unwrap_or_else(|| fastrand::u64(1..1_000_000))
}

/// The verdict stands also where it cannot be kept, as in a folder that is read-only.
fn keep(root: &Path, checked: &Checked) {
    let (Some(work), Some(fingerprint)) = (checked.whose.work(), checked.fingerprint.clone())
    else {
        return;
    };
    let kept = Progress::open(root)
        .and_then(|mut progress| progress.keep(work, &checked.verdict, fingerprint))
        .context("your progress is not kept");
    if let Err(error) = kept {
        say::note(&error);
    }
}

fn text(root: &Path, arguments: &Check, checked: &Checked) -> anyhow::Result<String> {
    let Checked { whose, verdict, .. } = checked;
    let Whose { subject, step, .. } = whose;
    if arguments.format == Format::Json {
        return Ok(serde_json::to_string(verdict)? + "\n");
    }
    let sources = subject.folder(root).join(&step.folder);
    let mut text = human::report(step, verdict, &sources, arguments.verbose);
    if *subject == Subject::Lessons {
        text += &next::advice(root, step, verdict)?;
    }
    Ok(text + "\n")
}

/// Shows the run as a picture. The page stays where it is, for whom no browser opens.
fn draw(root: &Path, Checked { whose, verdict, .. }: &Checked) -> anyhow::Result<()> {
    let step = whose.step;
    let folder = root.join("target").join("nightlight");
    let file = folder.join(format!("{}.html", step.name()));
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&file, picture::page(step, verdict)))
        .with_context(|| format!("{} cannot be written", file.display()))?;
    say::out(&format!("  The run as a picture: {}\n\n", shown(&file)))?;
    open_page(&file.display().to_string())
}
