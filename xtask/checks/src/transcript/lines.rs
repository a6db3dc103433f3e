//! The lines of each lane.

use arena::record::{Entry, Event, Stream};

use super::names::{Names, is_edge};

/// Looks at the light sensor, and waits.
pub(super) fn sensor(entries: &[Entry], names: &Names) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in entries {
        match &entry.event {
            Event::LightRead(level) => {
                lines.push(format!("light {}", names.level(u64::from(*level))));
            }
            Event::WaitBegan(wait) => lines.push(format!("waits {} s", wait.as_secs_f64())),
            Event::BoardRefused(reason) => lines.push(format!("refused: {reason}")),
            _ => {}
        }
    }
    lines
}

/// What the LED was told.
pub(super) fn led(entries: &[Entry]) -> Vec<String> {
    let switched = entries.iter().filter_map(|entry| match entry.event {
        Event::Led(true) => Some("on".to_owned()),
        Event::Led(false) => Some("off".to_owned()),
        _ => None,
    });
    switched.collect()
}

/// Standard output. A program with a board prints from two threads, and which is quicker is chance: its lines
/// are sorted and each is kept once.
pub(super) fn console(entries: &[Entry], names: &Names, board: bool) -> Vec<String> {
    let mut lines: Vec<String> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Printed {
                stream: Stream::Out,
                text,
            } => Some(names.hide_levels(&names.hide(text))),
            _ => None,
        })
        .collect();
    if board {
        // A level from before the transcript begins has no name.
        lines.retain(|line| !line.bytes().any(|byte| byte.is_ascii_digit()) || named(line));
        lines.sort();
        lines.dedup();
    }
    lines
}

fn named(line: &str) -> bool {
    line.contains("<level ") || words(line).any(|word| word.parse().is_ok_and(is_edge))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_ascii_alphanumeric())
}
