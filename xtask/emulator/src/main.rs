//! Plays a microcontroller on this computer, so that its firmware can be watched like any other
//! program of the lessons: it takes the same settings, uses the same board and broker, prints what
//! the firmware says, and Ctrl-C ends it.
//!
//! The machine is QEMU. Between its serial lines and the virtual board is this program: whoever
//! watches the nightlight need not know of either.
//!
//! The firmware is the program's argument, or the file with the ending `.elf` beside the program: who
//! starts programs without arguments puts both into a folder.

mod board;
mod console;
mod machine;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use nightlight::Settings;

use board::BoardLine;
use console::Console;
use machine::Machine;

/// What a Rust program ends with that panics.
const PANICKED: u8 = 101;
/// What a program ends with that Ctrl-C was too slow for, as a shell says it.
const INTERRUPTED: u8 = 130;

/// Some send the signal to us and to our group. Who asks twice waits longer than that in between.
const TWICE: Duration = Duration::from_millis(300);

/// What ends a run.
enum End {
    /// Somebody wants it: Ctrl-C, for one.
    Asked,
    /// The firmware has taken its leave.
    Stopped,
    /// The machine has stopped or restarted by itself.
    Alone,
}

fn main() -> anyhow::Result<ExitCode> {
    let settings = Settings::load()?;
    let firmware = firmware()?;
    let (end, ended) = mpsc::channel();

    ctrlc::set_handler({
        let end = end.clone();
        move || {
            // Nobody is there to read it where the run is over already.
            let _ = end.send(End::Asked);
        }
    })?;
    let (machine, console, line) = Machine::start(&firmware)?;

    let console = thread::spawn({
        let end = end.clone();
        move || {
            let said = Console::default().pass_on(console);
            let _ = end.send(End::Alone);
            said
        }
    });
    let line = BoardLine::new(&settings, line)?;
    let last_word = line.last_word()?;
    thread::spawn(move || {
        if line.serve() {
            let _ = end.send(End::Stopped);
        }
    });

    let mut asked = None::<Instant>;
    let code = loop {
        match ended.recv() {
            Ok(End::Asked) => match asked {
                None => {
                    asked = Some(Instant::now());
                    last_word.stop();
                }
                Some(first) if first.elapsed() < TWICE => {}
                Some(_) => break ExitCode::from(INTERRUPTED),
            },
            Ok(End::Stopped) => break ExitCode::SUCCESS,
            Ok(End::Alone) | Err(_) => break ExitCode::FAILURE,
        }
    };
    drop(machine);
    // What it said last may still be on its way.
    let has_panicked = console.join().unwrap_or_default();
    Ok(if has_panicked {
        ExitCode::from(PANICKED)
    } else {
        code
    })
}

/// The firmware's file.
fn firmware() -> anyhow::Result<PathBuf> {
    if let Some(named) = env::args_os().nth(1) {
        return Ok(named.into());
    }
    let beside = env::current_exe().context("cannot find my own place")?;
    let beside = beside.with_extension("elf");
    anyhow::ensure!(
        beside.is_file(),
        "which firmware? Name its file, as in `emulator target/firmware.elf`"
    );
    Ok(beside)
}
