//! `cargo xtask watch`: saves are checked as they come.

mod save;

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal as screen;
use save::saved;
use tokio::sync::mpsc;

use super::{check, diff, hint};
use crate::cli::{Check, Format};
use crate::progress::{Progress, fingerprint};
use course::{Step, steps};
use terminal::say::{self, FAINT, paint};

/// What the learner wants.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Hint,
    Diff,
    Verbose,
    Next,
    Quit,
}

pub async fn run(root: &Path, name: Option<&str>) -> anyhow::Result<ExitCode> {
    let mut step = match name {
        Some(name) => course::find(name)?,
        None => match Progress::open(root)?.next() {
            Some(step) => step,
            None => {
                say::out("All steps are done: there is nothing left to watch.\n")?;
                return Ok(ExitCode::SUCCESS);
            }
        },
    };
    let keyboard = Keyboard::open();
    let mut wishes = keyboard.wishes();
    loop {
        keyboard.say(&format!(
            "\n{}\n",
            paint(FAINT, format!("checking {} …", step.name()))
        ))?;
        let seen = fingerprint(root, step)?;
        let arguments = arguments(step);
        // A newer save drops this check, and with it everything it has started.
        let passed = tokio::select! {
            checked = check::one_report(root, &arguments, step) => {
                let (report, passed) = checked?;
                keyboard.say(&report)?;
                passed
            }
            () = saved(root, step, &seen) => continue,
            wish = wishes.recv() => match wish {
                Some(Wish::Quit) | None => return Ok(ExitCode::SUCCESS),
                Some(_) => continue,
            },
        };
        if passed {
            match following(step) {
                Some(next) => {
                    step = next;
                    continue;
                }
                None => return Ok(ExitCode::SUCCESS),
            }
        }
        keyboard.say(&keyboard.legend())?;
        loop {
            tokio::select! {
                () = saved(root, step, &seen) => break,
                wish = wishes.recv() => match wish {
                    Some(Wish::Quit) | None => return Ok(ExitCode::SUCCESS),
                    Some(Wish::Hint) => keyboard.say(&hint::text(root, step)?)?,
                    Some(Wish::Diff) => keyboard.say(&told(diff::text(root, step)))?,
                    Some(Wish::Verbose) => {
                        let arguments = Check { verbose: true, ..arguments.clone() };
                        let (report, _) = check::one_report(root, &arguments, step).await?;
                        keyboard.say(&report)?;
                    }
                    Some(Wish::Next) => {
                        step = following(step).unwrap_or(step);
                        break;
                    }
                },
            }
        }
    }
}

fn arguments(step: &Step) -> Check {
    Check {
        step: Some(step.name()),
        format: Format::Human,
        ..Check::default()
    }
}

fn following(step: &Step) -> Option<&'static Step> {
    steps().iter().find(|next| next.number == step.number + 1)
}

fn told(text: anyhow::Result<String>) -> String {
    text.unwrap_or_else(|error| format!("{error:#}\n"))
}

/// Single keys where there is a terminal; without one, output only.
struct Keyboard {
    raw: bool,
}

impl Keyboard {
    fn open() -> Self {
        let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        Self {
            raw: terminal && screen::enable_raw_mode().is_ok(),
        }
    }

    fn legend(&self) -> String {
        let keys = if self.raw {
            "h hint · d diff · v everything · n next step · q quit"
        } else {
            ""
        };
        let text = format!("waiting for you to save   {keys}");
        format!("\n{}\n", paint(FAINT, text.trim_end()))
    }

    /// In raw mode a line end does not go back to the left.
    fn say(&self, text: &str) -> std::io::Result<()> {
        if self.raw {
            say::out(&text.replace('\n', "\r\n"))
        } else {
            say::out(text)
        }
    }

    fn wishes(&self) -> mpsc::UnboundedReceiver<Wish> {
        let (sender, wishes) = mpsc::unbounded_channel();
        let raw = self.raw;
        // Reading keys blocks, and nothing wakes it but a key: a thread that ends with the program.
        std::thread::spawn(move || {
            loop {
                if !raw {
                    // Keeps the channel open, as a keyboard that nobody touches would.
                    std::thread::park();
                    continue;
                }
                let Ok(event) = crossterm::event::read() else {
                    return;
                };
                if let Some(wish) = wish(&event)
                    && sender.send(wish).is_err()
                {
                    return;
                }
            }
        });
        wishes
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if self.raw {
            // The terminal is about to be the shell's again; there is nothing to do if it is gone.
            let _ = screen::disable_raw_mode();
        }
    }
}

fn wish(event: &Event) -> Option<Wish> {
    let Event::Key(key) = event else { return None };
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c') if control => Some(Wish::Quit),
        KeyCode::Char('q') | KeyCode::Esc => Some(Wish::Quit),
        KeyCode::Char('h') => Some(Wish::Hint),
        KeyCode::Char('d') => Some(Wish::Diff),
        KeyCode::Char('v') => Some(Wish::Verbose),
        KeyCode::Char('n') => Some(Wish::Next),
        _ => None,
    }
}
