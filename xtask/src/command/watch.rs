//! `cargo xtask watch`: saves are checked as they come.

mod keyboard;
mod reader;
mod save;

use std::mem;
use std::path::Path;
use std::process::ExitCode;

use keyboard::{Keyboard, Wish};
use save::{Seen, Sources};
use tokio::sync::mpsc::UnboundedReceiver;

use super::{check, diff, hint, puzzle};
use crate::cli::{Check, Format};
use crate::lesson::{PUZZLE, Work};
use crate::progress::Progress;
use checks::corpus::puzzle::Puzzle;
use course::verdict::Status;
use course::{Step, steps};
use terminal::say::{self, BAD, FAINT, paint};

pub async fn run(root: &Path, name: Option<&str>) -> anyhow::Result<ExitCode> {
    let puzzle = match name {
        Some(PUZZLE) => Some(puzzle::at_hand(root)?),
        _ => None,
    };
    let step = match (&puzzle, name) {
        (Some(puzzle), _) => puzzle.step,
        (None, Some(name)) => course::find_or_firmware(name)?,
        (None, None) => match Progress::open(root)?.next() {
            Some(step) => step,
            None => {
                say::out("All steps are done: there is nothing left to watch.\n")?;
                return Ok(ExitCode::SUCCESS);
            }
        },
    };
    let (keyboard, keys) = Keyboard::open();
    let mut watch = Watch {
        root,
        step,
        puzzle: puzzle.as_ref(),
        keyboard,
        wishes: keys.wishes,
    };
    // Whichever ends first drops the others, a check and all that it has started among them.
    tokio::select! {
        ended = watch.run() => ended?,
        () = keys.quit.notified() => {}
        () = reader::gone() => {}
    }
    Ok(ExitCode::SUCCESS)
}

struct Watch<'a> {
    root: &'a Path,
    step: &'static Step,
    /// Where it is a puzzle of that step that lies open.
    puzzle: Option<&'a Puzzle>,
    keyboard: Keyboard,
    wishes: UnboundedReceiver<Wish>,
}

/// What follows a report that is no pass.
enum Turn {
    /// A check of newer sources.
    Saved(Seen),
    /// The same check once more, and all of it shown.
    Verbose,
    /// The next step.
    Next(&'static Step),
}

impl<'a> Watch<'a> {
    /// Checks one step after the other, until the last has passed; or a puzzle, until it is solved.
    async fn run(&mut self) -> anyhow::Result<()> {
        let mut verbose = false;
        let mut seen = self.sources().settled().await;
        loop {
            let begin = format!("checking {} …", self.work().name());
            let puzzle = self.puzzle.map(|puzzle| puzzle.name.as_str());
            self.say(&format!("\n{}\n", paint(FAINT, begin)))?;
            let arguments = arguments(self.step, mem::take(&mut verbose));
            let sources = self.sources();
            let checked = tokio::select! {
                checked = check::one_report(self.root, &arguments, self.step, puzzle) => checked,
                // The check of what is no longer there is dropped.
                newer = sources.saved(&seen, false) => {
                    seen = newer;
                    continue;
                }
            };
            let status = checked.as_ref().ok().map(|(_, status)| *status);
            if status != Some(Status::Pass) && sources.are_written_since(&seen) {
                // The compiler may have met them half saved.
                seen = sources.settled().await;
                continue;
            }
            self.say(&match checked {
                Ok((report, Status::CompileError)) => report + &self.missing(),
                Ok((report, _)) => report,
                Err(error) => self.not_checked(&error),
            })?;
            if status == Some(Status::Pass) {
                if let Some(puzzle) = self.puzzle {
                    return self.say(&puzzle::solved(self.root, puzzle)?);
                }
                match following(self.step) {
                    Some(next) => self.step = next,
                    None => return Ok(()),
                }
                seen = self.sources().settled().await;
                continue;
            }
            // What was no fault of the sources may be over when they are saved again unchanged.
            let again = matches!(status, None | Some(Status::InfraError));
            match self.turn(&seen, again).await? {
                Turn::Saved(newer) => {
                    seen = newer;
                    continue;
                }
                Turn::Verbose => verbose = true,
                Turn::Next(next) => self.step = next,
            }
            seen = self.sources().settled().await;
        }
    }

    /// Answers keys until there is something to check.
    async fn turn(&mut self, seen: &Seen, again: bool) -> anyhow::Result<Turn> {
        // Keys from before were meant for what was shown then.
        while self.wishes.try_recv().is_ok() {}
        let keys = match self.puzzle {
            Some(_) => "h hint · v everything · q quit",
            None if following(self.step).is_none() => "h hint · d diff · v everything · q quit",
            None => "h hint · d diff · v everything · n next step · q quit",
        };
        self.say(&self.keyboard.legend(keys))?;
        let sources = self.sources();
        loop {
            let wish = tokio::select! {
                newer = sources.saved(seen, again) => return Ok(Turn::Saved(newer)),
                Some(wish) = self.wishes.recv() => wish,
            };
            let text = match wish {
                Wish::Hint => hint::text(self.root, self.work()),
                // Either would be the answer, or leave the puzzle.
                Wish::Diff | Wish::Next if self.puzzle.is_some() => continue,
                Wish::Diff => diff::text(self.root, self.step),
                Wish::Verbose => return Ok(Turn::Verbose),
                Wish::Next => match following(self.step) {
                    Some(next) => return Ok(Turn::Next(next)),
                    None => continue,
                },
            };
            self.say(&text.unwrap_or_else(|error| problem(&error)))?;
        }
    }

    fn work(&self) -> Work<'a> {
        self.puzzle.map_or(Work::on(self.step), puzzle::work)
    }

    fn sources(&self) -> Sources<'a> {
        Sources::of(self.root, self.work())
    }

    fn say(&self, text: &str) -> anyhow::Result<()> {
        Ok(self.keyboard.say(text)?)
    }

    /// Why there is no verdict.
    fn not_checked(&self, error: &anyhow::Error) -> String {
        let missing = self.missing();
        if missing.is_empty() {
            problem(error)
        } else {
            missing
        }
    }

    /// What the step needs and is not there, if anything. It may be back at any moment.
    fn missing(&self) -> String {
        let missing = self.sources().missing();
        let names = missing.iter().map(|file| file.display().to_string());
        let names: Vec<_> = names.collect();
        match names.as_slice() {
            [] => String::new(),
            [name] => format!(
                "{} {name} is missing. The watch goes on when it is back.\n",
                paint(BAD, "✗")
            ),
            names => format!(
                "{} {} are missing. The watch goes on when they are back.\n",
                paint(BAD, "✗"),
                names.join(" and ")
            ),
        }
    }
}

fn arguments(step: &Step, verbose: bool) -> Check {
    Check {
        step: Some(step.name()),
        format: Format::Human,
        verbose,
        ..Check::default()
    }
}

/// Nothing follows on the firmware.
fn following(step: &Step) -> Option<&'static Step> {
    let place = steps()
        .iter()
        .position(|known| known.folder == step.folder)?;
    steps().get(place + 1)
}

/// As the command line says it, but where the reports stand.
fn problem(error: &anyhow::Error) -> String {
    format!("{} {error:#}\n", paint(BAD.bold(), "error:"))
}
