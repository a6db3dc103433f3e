//! Notices that the learner has saved.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::progress::fingerprint;
use course::Step;

/// How often the files are looked at. The first half of what passes between saving and checking:
/// an editor that saves in several strokes is given one glance more to finish.
const GLANCE: Duration = Duration::from_millis(25);

/// Comes back when the sources are no longer what `seen` is the fingerprint of.
pub async fn saved(root: &Path, step: &Step, seen: &str) {
    let folders = ["nightlight", &step.folder].map(|folder| root.join("lessons").join(folder));
    let mut last = None;
    let mut is_read = false;
    loop {
        // A file that is just being replaced cannot be looked at; it can a moment later.
        let now = stamps(&folders).ok();
        if now != last {
            last = now;
            is_read = false;
        } else if !is_read && last.is_some() {
            is_read = true;
            if fingerprint(root, step).is_ok_and(|now| now != seen) {
                return;
            }
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// What changes when a file is written: far cheaper to look at than what is in it.
type Stamp = (PathBuf, SystemTime, u64);

fn stamps(folders: &[PathBuf]) -> io::Result<Vec<Stamp>> {
    let mut stamps = Vec::new();
    let mut folders = folders.to_owned();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let metadata = fs::metadata(&path)?;
            if metadata.is_dir() {
                folders.push(path);
            } else {
                stamps.push((path, metadata.modified()?, metadata.len()));
            }
        }
    }
    stamps.sort();
    Ok(stamps)
}
