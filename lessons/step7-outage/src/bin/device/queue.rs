//! The readings that the server has not answered yet. They outlive the program, in a file.

use std::path::{Path, PathBuf};
// TODO 10 and 11 also need `std::fs`, `std::fs::File` and `std::io::Write`.

use anyhow::Context;
use nightlight::Settings;
use serde::{Deserialize, Serialize};
// TODO 6 also needs `anyhow::ensure` and `serde_json::json`.

/// Readings in the order of their numbers, and the file that has the same in it.
pub struct Queue {
    file: PathBuf,
    /// How many readings wait at most.
    most: usize,
    kept: Kept,
}

/// What stands in the file.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    /// Tells our numbers from those of a queue that was lost.
    run: String,
    /// The number of the next reading.
    next: u64,
    readings: Vec<Reading>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Reading {
    seq: u64,
    light: u16,
}

/// All readings of this run up to this number are safe with the server.
#[derive(Deserialize)]
struct Answer {
    run: String,
    seq: u64,
}

impl Queue {
    /// Goes on where the last program on this folder has ended, or begins a new run.
    pub fn open(settings: &Settings) -> anyhow::Result<Self> {
        let file = settings.folder.join("queue.json");
        let kept = restore(&file).with_context(|| file.display().to_string())?;
        let kept = kept.unwrap_or_else(|| Kept {
            run: format!("{:016x}", fastrand::u64(..)),
            next: 1,
            readings: Vec::new(),
        });
        Ok(Self {
            file,
            most: settings.queue,
            kept,
        })
    }

    /// Takes a reading in, and says which number it has. Afterwards nothing can lose it but a full
    /// queue, which drops the oldest.
    pub fn push(&mut self, light: u16) -> anyhow::Result<u64> {
        // TODO 5: make a copy of `self.kept` with the reading in it, under the number `next`, which
        // goes up. When more than `self.most` wait, the oldest go. Then `self.keep(…)` the copy, and
        // say on stderr which numbers were dropped. The next lines stand in for it.
        let _ = (light, self.most);
        self.keep(self.kept.clone())?;
        Ok(self.kept.next)
    }

    /// All that waits, in one message; nothing, if nothing does.
    pub fn message(&self) -> Option<String> {
        // TODO 6: `{"run":"…","readings":[{"seq":12,"light":299},…]}`, made by `json!`, which takes
        // `self.kept.run` and `self.kept.readings` as they are; nothing, if no reading waits.
        let _ = &self.kept.run;
        None
    }

    /// What the server has need not wait any longer. Anybody may publish to our topics, so nothing
    /// about the answer is taken on trust.
    pub fn answered(&mut self, payload: &[u8]) -> anyhow::Result<()> {
        let answer: Answer = serde_json::from_slice(payload).context("it is no answer")?;
        // TODO 6: an answer for another run is an error, and so is a number that was not given yet.
        // Any other takes all readings up to its number out of the queue (`retain`).
        let _ = (answer.run, answer.seq);
        Ok(())
    }

    /// First the file, then the program: what does not get into the file has not happened.
    fn keep(&mut self, kept: Kept) -> anyhow::Result<()> {
        save(&self.file, &kept).with_context(|| self.file.display().to_string())?;
        self.kept = kept;
        Ok(())
    }
}

/// What the file says. Without a file there is nothing, and so there is if nobody can read it: then
/// it is kept under another name, for somebody who can.
fn restore(file: &Path) -> anyhow::Result<Option<Kept>> {
    // TODO 11: second part. If there is a file, read it (`serde_json::from_slice`). If that makes
    // no sense, give the file another name, say so on stderr, and go on as if there were none.
    let _ = file;
    Ok(None)
}

/// Writes a new file, and gives it the name of the old one. Whenever the program is killed, there
/// is one of the two under that name, and it is whole.
fn save(file: &Path, kept: &Kept) -> anyhow::Result<()> {
    // TODO 10: second part. Write all of `kept` (`serde_json::to_vec`) to a new file beside this
    // one, let the system put it on the disk (`sync_all`), and rename it to this one.
    let _ = (file, kept);
    Ok(())
}
