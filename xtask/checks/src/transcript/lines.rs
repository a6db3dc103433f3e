//! The lines of each lane.

use arena::record::{Entry, Event, Stream};

use super::Line;
use super::names::{Names, is_edge};

/// Looks at the light sensor, and waits.
pub(super) fn sensor(entries: &[Entry], names: &Names) -> Vec<Line> {
    let lines = entries.iter().filter_map(|entry| {
        let line = match &entry.event {
            Event::LightRead(level) => format!("light {}", names.level(u64::from(*level))),
            Event::WaitBegan(wait) => format!("waits {} s", wait.as_secs_f64()),
            Event::BoardRefused(reason) => format!("refused: {reason}"),
            _ => return None,
        };
        Some((entry.at, line))
    });
    lines.collect()
}

/// What the LED was told.
pub(super) fn led(entries: &[Entry]) -> Vec<Line> {
    let switched = entries.iter().filter_map(|entry| match entry.event {
        Event::Led(true) => Some((entry.at, "on".to_owned())),
        Event::Led(false) => Some((entry.at, "off".to_owned())),
        _ => None,
    });
    switched.collect()
}

/// What was typed, and standard output. A program with a board prints from two threads, and which is
/// quicker is chance: its lines are sorted and each is kept once.
pub(super) fn console(entries: &[Entry], names: &Names, board: bool) -> Vec<Line> {
    let mut lines: Vec<Line> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Printed {
                stream: Stream::Out,
                text,
            } => Some((entry.at, names.hide_levels(&names.hide(text)))),
            Event::Typed(text) => Some((entry.at, format!("> {text}"))),
            _ => None,
        })
        .collect();
    if board {
        // A level from before the transcript begins has no name.
        lines.retain(|(_, line)| !line.bytes().any(|byte| byte.is_ascii_digit()) || named(line));
        lines.sort_by(|(_, one), (_, other)| one.cmp(other));
        lines.dedup_by(|(_, one), (_, other)| one == other);
    }
    lines
}

fn named(line: &str) -> bool {
    line.contains("<level ") || words(line).any(|word| word.parse().is_ok_and(is_edge))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_ascii_alphanumeric())
}
