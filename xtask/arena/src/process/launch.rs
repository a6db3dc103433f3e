//! What to start, and how it learns its settings.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// What to start.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program's file.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// What it is to know: names such as `NIGHTLIGHT_ID`, and their values.
    pub settings: BTreeMap<&'static str, String>,
    /// How it learns that.
    pub delivery: Delivery,
    /// The folder it starts in.
    pub folder: PathBuf,
}

/// How a program learns its settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// By environment variables, as programs of an operating system do.
    #[default]
    Environment,
    /// Not at all: they were compiled in.
    Baked,
    /// By a line `NAME=value` for each on its standard input, and an empty one at the end: the
    /// serial line of a microcontroller's emulator.
    Serial,
}

impl Launch {
    /// The command for it, without its input and output.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        self.prepare(&mut command);
        command
    }

    /// Sets folder and settings of a command that starts the program in some other way, as a wrapper
    /// does.
    pub fn prepare(&self, command: &mut Command) {
        command.current_dir(&self.folder);
        if self.delivery == Delivery::Environment {
            command.envs(&self.settings);
        }
    }

    /// What is typed to it at its start.
    pub(super) fn first_lines(&self) -> String {
        if self.delivery != Delivery::Serial {
            return String::new();
        }
        let lines = self.settings.iter();
        let lines = lines.map(|(name, value)| format!("{name}={value}\n"));
        lines.collect::<String>() + "\n"
    }
}
