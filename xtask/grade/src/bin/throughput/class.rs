//! A class that hands in: right submissions, and hostile ones.

use std::fs;
use std::path::Path;

use anyhow::Context;
use course::{starters, steps};

/// Programs that take all they can get, or keep the checker busy: name and `main.rs`.
pub const HOSTILE: [(&str, &str); 14] = [
    ("asks-the-board", include_str!("hostile/asks_the_board.rs")),
    ("burns", include_str!("hostile/burns.rs")),
    ("dials", include_str!("hostile/dials.rs")),
    ("eats", include_str!("hostile/eats.rs")),
    ("fills-sockets", include_str!("hostile/fills_sockets.rs")),
    ("forks", include_str!("hostile/forks.rs")),
    ("keeps-sessions", include_str!("hostile/keeps_sessions.rs")),
    ("large-messages", include_str!("hostile/large_messages.rs")),
    ("never-reads", include_str!("hostile/never_reads.rs")),
    ("prints", include_str!("hostile/prints.rs")),
    ("retains", include_str!("hostile/retains.rs")),
    ("short-waits", include_str!("hostile/short_waits.rs")),
    ("sleeps", include_str!("hostile/sleeps.rs")),
    ("subscribes", include_str!("hostile/subscribes.rs")),
];

/// The solutions, with something in them that nobody else has.
///
/// # Errors
/// When a file cannot be read or written.
pub fn right(root: &Path, folder: &Path, number: usize) -> anyhow::Result<()> {
    for step in steps() {
        for source in step.sources() {
            let path = Path::new(&step.folder).join(source);
            let text = starters::finished(&root.join("solutions").join(&path))?;
            write(
                &folder.join(path),
                &format!("{text}const _OWN: usize = {number};\n"),
            )?;
        }
    }
    Ok(())
}

/// One program as the first two steps.
///
/// # Errors
/// When a file cannot be written.
pub fn hostile(folder: &Path, source: &str) -> anyhow::Result<()> {
    for step in &steps()[..2] {
        write(&folder.join(&step.folder).join("src/main.rs"), source)?;
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::create_dir_all(file.parent().context("no folder")?)?;
    fs::write(file, text)?;
    Ok(())
}
