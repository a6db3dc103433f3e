//! What a program says on standard error of different misfortunes: how it says it is free, but not
//! that it is the same of all.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use arena::record::{Entry, Missed};

use crate::actor::{Actor, PROMPT};
use crate::findings::missed;
use crate::queries;
use crate::sheet::Finding;

/// Whoever has just come online may still be about to hear something. The system resets a connection
/// that is closed with something unread, and a goodbye gets lost with it.
pub(super) const QUIET: Duration = Duration::from_millis(20);

/// What was said between two places of the record, of one misfortune.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// The misfortune.
    pub of: &'static str,
    /// Where in the record.
    pub within: Range<usize>,
}

/// The lines on standard error, without their numbers: times and counts are no words.
fn lines(entries: &[Entry]) -> BTreeSet<String> {
    let wordless = |letter: &char| !letter.is_ascii_digit();
    queries::errors(entries)
        .map(|line| line.chars().filter(wordless).collect())
        .collect()
}

/// What was said of a misfortune, and not of a line that was cut.
fn own_lines(entries: &[Entry], said: &Said, usual: &Range<usize>) -> BTreeSet<String> {
    let usual = lines(&entries[usual.clone()]);
    let within = said.within.start..said.within.end.min(entries.len());
    lines(&entries[within])
        .difference(&usual)
        .cloned()
        .collect()
}

/// Waits until the program has said something since this place that it does not say of a line that is
/// cut.
///
/// # Errors
/// When it says nothing, or nothing else.
pub(super) async fn says(
    actor: &Actor,
    of: &'static str,
    since: usize,
    usual: &Range<usize>,
) -> Result<(), Finding> {
    let all = Said {
        of,
        within: since..usize::MAX,
    };
    let said = actor.record.when(0, PROMPT, |entries| {
        (!own_lines(entries, &all, usual).is_empty()).then_some(())
    });
    let expected = format!("a line on standard error that says: {of}");
    said.await.map_err(|why| match why {
        Missed::TimeUp(_) => {
            let nothing = actor
                .record
                .look(|entries| lines(&entries[since..]).is_empty());
            let actual = match nothing {
                true => "not a word about it",
                false => "what it says of any line that breaks",
            };
            Finding::new(expected, actual)
        }
        why => missed(&actor.record, expected, &why),
    })
}

/// Whether one of the two has nothing in it that the other has not: now and then a line more is said of
/// something else.
fn tell_nothing_apart(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    one.is_subset(other) || other.is_subset(one)
}

/// Whether what was said of one misfortune was said of no other.
///
/// # Errors
/// When two were told in the same words.
pub(super) fn differ(actor: &Actor, all: &[Said], usual: &Range<usize>) -> Result<(), Finding> {
    actor.record.look(|entries| {
        let words: Vec<_> = all
            .iter()
            .map(|said| (said.of, own_lines(entries, said, usual)))
            .collect();
        for (place, (of, lines)) in words.iter().enumerate() {
            if let Some((other, _)) = words[..place]
                .iter()
                .find(|(_, earlier)| tell_nothing_apart(earlier, lines))
            {
                let line = lines.first().map_or("", String::as_str);
                return Err(Finding::new(
                    format!("other words for \"{of}\" than for \"{other}\""),
                    format!("the same for both: `{line}`"),
                ));
            }
        }
        Ok(())
    })
}
