//! The tables as the guide shows them.

use std::fmt::Write;
use std::fs;

use anyhow::Context;
use terminal::{say, workspace};

use crate::devices::Seen;
use crate::killed::Toll;

/// Where they lie, within the kit.
const FOLDER: &str = "xtask/transcripts/cluster";

/// Markdown, a row for each measurement.
#[derive(Debug, Default)]
pub struct Tables {
    paths: String,
    fleet: String,
    shared: String,
    killed: String,
    programs: String,
}

impl Tables {
    /// A path, beside the first.
    pub fn path(&mut self, name: &str, rate: f64, latency: f64) {
        row(&mut self.paths, &[name, &ratio(rate), &ratio(latency)]);
    }

    /// A fleet on one broker.
    pub fn fleet(&mut self, name: &str, seen: &Seen) {
        let memory = seen.memory.map_or_else(
            || "not told".to_owned(),
            |(before, after)| format!("{:.0} MB, {:.0} MB", mega(before), mega(after)),
        );
        let answers = &seen.answers;
        let [half, nearly_all] =
            [0.5, 0.99].map(|part| answers.within(part).as_secs_f64() * 1_000.0);
        row(
            &mut self.fleet,
            &[
                name,
                &format!("{:.1} s", seen.connected.as_secs_f64()),
                &format!("{} of {}", answers.count(), seen.readings),
                &format!("{half:.0} ms, {nearly_all:.0} ms"),
                &memory,
            ],
        );
    }

    /// A group of servers.
    pub fn shared(&mut self, name: &str, parts: &str) {
        row(&mut self.shared, &[name, parts]);
    }

    /// A node that was killed below a fleet.
    pub fn killed(&mut self, title: &str, toll: &Toll) {
        let [sent, lost, doubled] =
            [toll.sent, toll.lost, toll.doubled].map(|count| count.to_string());
        row(
            &mut self.killed,
            &[title, &sent, &lost, &doubled, &toll.back()],
        );
    }

    /// A step's programs.
    pub fn programs(&mut self, step: &str, victim: &str, words: &str) {
        row(&mut self.programs, &[step, victim, words]);
    }

    /// Writes each to a file of its own.
    ///
    /// # Errors
    /// When this is not called in the kit, or a file cannot be written.
    pub fn write(&self) -> anyhow::Result<()> {
        let folder = workspace::root()?.join(FOLDER);
        let failed = || format!("writing {}", workspace::shown(&folder));
        fs::create_dir_all(&folder).with_context(failed)?;
        for (name, head, rows) in [
            (
                "paths",
                &["through", "messages a second", "time of one"][..],
                &self.paths,
            ),
            (
                "fleet",
                &[
                    "broker",
                    "all connected in",
                    "readings answered",
                    "reading to command: half, 99 %",
                    "memory before, after",
                ],
                &self.fleet,
            ),
            (
                "shared",
                &["broker", "readings of the three servers"],
                &self.shared,
            ),
            (
                "killed",
                &[
                    "killed",
                    "readings sent",
                    "lost",
                    "doubled",
                    "all were back after",
                ],
                &self.killed,
            ),
            ("programs", &["step", "killed", "counted"], &self.programs),
        ] {
            let mut table = String::new();
            row(&mut table, head);
            let line = vec!["---"; head.len()].join("|");
            let _ = writeln!(table, "|{line}|");
            let file = folder.join(format!("{name}.snap"));
            fs::write(file, table + rows).with_context(failed)?;
        }
        say::out(&format!("\nWritten to {FOLDER}.\n"))?;
        Ok(())
    }
}

fn row(table: &mut String, cells: &[&str]) {
    let _ = writeln!(table, "| {} |", cells.join(" | "));
}

fn ratio(ratio: f64) -> String {
    format!("{ratio:.2}")
}

fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
