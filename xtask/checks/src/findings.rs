//! What is looked for in every step that has such a program, and how it is told when it is not
//! found: each rule once, for all scenes.

pub mod encryption;
pub mod filters;
pub mod hearing;
pub mod introduction;
pub mod lamp;
pub mod leaving;
pub mod outage;
pub mod payload;
pub mod presence;
pub mod readings;
pub mod rush;
pub mod shown;
pub mod subscription;
pub mod unreadable;

use arena::record::{End, Flood, Missed, Record};

use crate::backtrace;
use crate::queries;
use crate::sheet::Finding;

/// Turns what did not come into a finding: what the program did instead, as far as it was seen.
pub fn missed(record: &Record, expected: impl Into<String>, missed: &Missed) -> Finding {
    let panic = record.look(queries::panic);
    let finding = Finding::new(expected, instead(record, missed, panic.as_deref()));
    match (panic, missed) {
        (Some(panic), _) if is_in_a_library(&panic) => finding.hint(
            "A panic ends the thread it happens in. This one began inside a library, which does \
             not take what your program hands to it: its message says why.",
        ),
        (Some(_), _) => finding.hint(
            "A panic ends the thread it happens in. Find the line it names; an `unwrap`, an \
             `expect` or an index there met something you did not count on.",
        ),
        (None, Missed::Ended(End::Flooded(Flood::ConnectionsAtOnce(_)))) => finding.hint(
            "One `Client` is enough for a program, and one connection: `client.clone()` publishes \
             from another thread.",
        ),
        (None, Missed::Ended(End::Flooded(_))) => finding.hint(
            "The program prints or sends without end. Look for a loop that goes round without \
             waiting for anything.",
        ),
        (None, Missed::Ended(_)) => finding.hint(
            "The program must keep running until Ctrl-C. Look at what ends `main`: a loop that is \
             left, a `?` that passes an error on, or no loop at all.",
        ),
        (None, Missed::TimeUp(_)) => finding,
    }
}

fn is_in_a_library(panic: &str) -> bool {
    let place = panic.rsplit_once("(at ");
    place.is_some_and(|(_, place)| backtrace::is_foreign(place))
}

fn instead(record: &Record, missed: &Missed, panic: Option<&str>) -> String {
    let last = record.look(queries::last_words);
    let last = last.map_or_else(String::new, |words| format!(". Its last words: {words}"));
    match (panic, missed) {
        (Some(panic), Missed::Ended(_)) => format!("it panicked: {panic}"),
        (Some(panic), Missed::TimeUp(_)) => format!("a thread of it panicked: {panic}"),
        (None, missed) => format!("{missed}{last}"),
    }
}
