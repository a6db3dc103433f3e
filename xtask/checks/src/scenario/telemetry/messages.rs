//! What the published messages say, held against what the sensor gave and when.

use arena::record::{Entry, Event, Record};

use super::{LEVEL, NOT_RETAINED, PAYLOAD, TOPIC};
use crate::queries::{self, Pacing};
use crate::scenario::payload;
use crate::sheet::{Finding, Sheet};

/// Judges every message so far by itself, and then the levels in them.
pub(super) fn judge(entries: &[Entry], id: &str, sheet: &mut Sheet) {
    let mut told: Vec<u64> = Vec::new();
    for message in queries::published(entries) {
        sheet.judge(TOPIC, payload::topic(&message.topic, id, "telemetry"));
        sheet.judge(
            NOT_RETAINED,
            if message.retain {
                Err(Finding::new(
                    "a message that is not retained",
                    "a retained message",
                ))
            } else {
                Ok(())
            },
        );
        match payload::light(&message.payload) {
            Err(finding) => sheet.fail(PAYLOAD, finding),
            Ok(light) => {
                sheet.pass(PAYLOAD);
                told.push(light);
            }
        }
    }
    if !told.is_empty() {
        sheet.judge(LEVEL, levels(entries, &told));
    }
}

fn levels(entries: &[Entry], told: &[u64]) -> Result<(), Finding> {
    if let [first, _, ..] = told
        && told.iter().all(|light| light == first)
    {
        return Err(Finding::new(
            "the level that the sensor gave, another one at each look",
            format!("level {first} in every message"),
        ));
    }
    for (place, light) in told.iter().enumerate() {
        if told[..place].contains(light) {
            return Err(
                Finding::new("each level told once", format!("level {light} told twice")).hint(
                    "Each reading is one message. Is something published both in the loop and \
                 elsewhere?",
                ),
            );
        }
        if !looks(entries).any(|(level, _)| u64::from(level) == *light) {
            return Err(Finding::new(
                "a level that the sensor gave",
                format!("level {light}, which the sensor never gave"),
            ));
        }
    }
    Ok(())
}

fn looks(entries: &[Entry]) -> impl Iterator<Item = (u16, &Entry)> {
    entries.iter().filter_map(|entry| match entry.event {
        Event::LightRead(level) => Some((level, entry)),
        _ => None,
    })
}

/// Where in the record the look lies that the first message tells of.
pub(super) fn first_published_look(entries: &[Entry]) -> usize {
    let light =
        queries::published(entries).find_map(|message| payload::light(&message.payload).ok());
    entries
        .iter()
        .position(|entry| match entry.event {
            Event::LightRead(level) => Some(u64::from(level)) == light,
            _ => false,
        })
        .unwrap_or_default()
}

/// Between the looks that were told of lie five seconds. Nothing, when there are not two.
pub(super) fn pace(record: &Record) -> Option<Result<(), Finding>> {
    record.look(|entries| {
        let told: Vec<u64> = queries::published(entries)
            .filter_map(|message| payload::light(&message.payload).ok())
            .collect();
        let looks: Vec<&Entry> = looks(entries)
            .filter(|(level, _)| told.contains(&u64::from(*level)))
            .map(|(_, entry)| entry)
            .collect();
        let pacing = Pacing::of(entries);
        let odd = looks
            .windows(2)
            .map(|pair| pacing.between(pair[0], pair[1]))
            .find(|pause| !pacing.is(*pause, 5.0));
        (looks.len() >= 2).then(|| match odd {
            None => Ok(()),
            Some(odd) => {
                let finding = Finding::new(
                    "five seconds between two messages",
                    format!("{odd:.1} s between two messages"),
                );
                Err(if odd < 0.1 {
                    finding.hint(
                        "`board.delay.delay_ms(5_000)` at the end of each round. It counts in \
                         milliseconds: a second has a thousand.",
                    )
                } else {
                    finding
                })
            }
        })
    })
}
