//! The readings that the server has not answered yet. They outlive the program, in a file.

// ANCHOR: imports
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use nightlight::Settings;
use serde::{Deserialize, Serialize};
use serde_json::json;
// ANCHOR_END: imports

/// Readings in the order of their numbers, and the file that has the same in it.
pub struct Queue {
    file: PathBuf,
    /// How many readings wait at most.
    most: usize,
    kept: Kept,
}

// ANCHOR: kept
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
// ANCHOR_END: kept

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

    // ANCHOR: push
    /// Takes a reading in, and says which number it has. Afterwards nothing can lose it but a full
    /// queue, which drops the oldest.
    pub fn push(&mut self, light: u16) -> anyhow::Result<u64> {
        // ANCHOR: push-body
        let mut kept = self.kept.clone();
        let seq = kept.next;
        kept.next += 1;
        kept.readings.push(Reading { seq, light });
        let too_many = kept.readings.len().saturating_sub(self.most);
        let dropped: Vec<Reading> = kept.readings.drain(..too_many).collect();
        self.keep(kept)?;
        for Reading { seq, .. } in dropped {
            eprintln!("The queue is full. Reading {seq} is lost.");
        }
        Ok(seq)
        // ANCHOR_END: push-body
    }
    // ANCHOR_END: push

    // ANCHOR: message
    /// All that waits, in one message; nothing, if nothing does.
    pub fn message(&self) -> Option<String> {
        // ANCHOR: message-body
        let Kept { run, readings, .. } = &self.kept;
        let message = json!({ "run": run, "readings": readings });
        (!readings.is_empty()).then(|| message.to_string())
        // ANCHOR_END: message-body
    }
    // ANCHOR_END: message

    // ANCHOR: answered
    /// What the server has need not wait any longer. Anybody may publish to our topics, so nothing
    /// about the answer is taken on trust.
    pub fn answered(&mut self, payload: &[u8]) -> anyhow::Result<()> {
        let answer: Answer = serde_json::from_slice(payload).context("it is no answer")?;
        // ANCHOR: answered-body
        ensure!(answer.run == self.kept.run, "it is for another run");
        ensure!(answer.seq < self.kept.next, "no reading has that number");
        let mut kept = self.kept.clone();
        kept.readings.retain(|reading| reading.seq > answer.seq);
        // An answer that comes late, or twice, has nothing to tell.
        if kept.readings.len() < self.kept.readings.len() {
            self.keep(kept)?;
        }
        Ok(())
        // ANCHOR_END: answered-body
    }
    // ANCHOR_END: answered

    /// First the file, then the program: what does not get into the file has not happened.
    fn keep(&mut self, kept: Kept) -> anyhow::Result<()> {
        save(&self.file, &kept).with_context(|| self.file.display().to_string())?;
        self.kept = kept;
        Ok(())
    }
}

// ANCHOR: restore
/// What the file says. Without a file there is nothing, and so there is if nobody can read it: then
/// it is kept under another name, for somebody who can.
fn restore(file: &Path) -> anyhow::Result<Option<Kept>> {
    // ANCHOR: restore-body
    if !file.try_exists()? {
        return Ok(None);
    }
    let text = fs::read(file)?;
    match serde_json::from_slice(&text) {
        Ok(kept) => Ok(Some(kept)),
        Err(problem) => {
            let aside = file.with_extension("unreadable");
            fs::rename(file, &aside)?;
            eprintln!("{} makes no sense: {problem}.", file.display());
            eprintln!("It is called {} now. A new run begins.", aside.display());
            Ok(None)
        }
    }
    // ANCHOR_END: restore-body
}
// ANCHOR_END: restore

// ANCHOR: save
/// Writes a new file, and gives it the name of the old one. Whenever the program is killed, there
/// is one of the two under that name, and it is whole.
fn save(file: &Path, kept: &Kept) -> anyhow::Result<()> {
    // ANCHOR: save-body
    let beside = file.with_extension("new");
    let mut new = File::create(&beside)?;
    new.write_all(&serde_json::to_vec(kept)?)?;
    // The system may tell us that it has it, and have it in memory only.
    new.sync_all()?;
    fs::rename(&beside, file)?;
    Ok(())
    // ANCHOR_END: save-body
}
// ANCHOR_END: save
