//! A command of the runner that serves until Ctrl-C.

use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::root;

/// A test that waits longer than this hangs. A cold build of the solutions is part of it, and of a
/// client with TLS for one of them.
pub const LIMIT: Duration = Duration::from_secs(400);

const RUNNER: &str = env!("CARGO_BIN_EXE_xtask");

pub fn xtask(arguments: &[&str], id: &str) -> Command {
    let mut command = Command::new(RUNNER);
    command.args(arguments);
    set_up(command, id)
}

/// From a shell that lets programs have so many open files, unless they ask for more.
pub fn xtask_with_files(files: usize, arguments: &[&str], id: &str) -> Command {
    let mut command = Command::new("sh");
    let limited = format!("ulimit -S -n {files}; exec \"$0\" \"$@\"");
    command.args(["-c", &limited, RUNNER]).args(arguments);
    set_up(command, id)
}

fn set_up(mut command: Command, id: &str) -> Command {
    command
        .current_dir(root())
        .env("NIGHTLIGHT_ID", id)
        .env_remove("NIGHTLIGHT_BROKER")
        .env("NO_COLOR", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A command that serves until Ctrl-C.
pub struct Serving {
    pub process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub said: Vec<String>,
}

impl Serving {
    pub fn start(arguments: &[&str], id: &str) -> Self {
        Self::of(xtask(arguments, id))
    }

    pub fn of(mut command: Command) -> Self {
        let mut process = command.spawn().unwrap();
        Self {
            lines: BufReader::new(process.stdout.take().unwrap()).lines(),
            process,
            said: Vec::new(),
        }
    }

    /// Waits for a line with these words, also among those that came already.
    pub async fn until(&mut self, words: &str) -> String {
        if let Some(line) = self.said.iter().find(|line| line.contains(words)) {
            return line.clone();
        }
        let search = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                self.said.push(line.clone());
                if line.contains(words) {
                    return line;
                }
            }
            panic!("it ended without `{words}`:\n{}", self.said.join("\n"));
        };
        tokio::time::timeout(LIMIT, search).await.unwrap()
    }

    /// Ctrl-C.
    pub async fn end(mut self) -> (ExitStatus, Vec<String>) {
        signal("INT", self.process.id().unwrap());
        let end = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                self.said.push(line);
            }
            self.process.wait().await.unwrap()
        };
        let status = tokio::time::timeout(LIMIT, end).await.unwrap();
        (status, self.said)
    }
}

pub fn signal(name: &str, process: u32) {
    let sent = std::process::Command::new("kill")
        .args([format!("-{name}"), process.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Runs a command that ends by itself.
pub async fn output(arguments: &[&str], id: &str) -> Output {
    let output = xtask(arguments, id).output();
    tokio::time::timeout(LIMIT, output).await.unwrap().unwrap()
}

/// The port in the first URL of a line.
pub fn port_in(line: &str) -> u16 {
    let (_, rest) = line.split_once("://127.0.0.1:").unwrap();
    let digits = rest.split(|letter: char| !letter.is_ascii_digit()).next();
    digits.unwrap().parse().unwrap()
}
