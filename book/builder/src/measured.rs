//! Figures of protocols and brokers in the text: each is one of those that were recorded.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};

use crate::folders::Folders;

/// Who tells what a bench has counted, and in which folder its tables are.
const CHAPTERS: [(&str, &str); 3] = [
    ("assignment.md", "protocols"),
    ("protocols.md", "protocols"),
    ("cluster.md", "cluster"),
];

/// What a figure of theirs is followed by.
const UNITS: [&str; 6] = ["bytes", "up", "down", "packets", "lost", "doubled"];

/// Checks that every figure was recorded, and says how many there are.
pub fn check(folders: &Folders) -> Result<usize> {
    let mut count = 0;
    for (chapter, bench) in CHAPTERS {
        let folder = folders.transcripts().join(bench);
        let files = fs::read_dir(&folder)
            .with_context(|| format!("no recorded tables in {}", folder.display()))?;
        let mut recorded = BTreeSet::new();
        for file in files {
            recorded.extend(numbers(&fs::read_to_string(file?.path())?));
        }
        let text = fs::read_to_string(folders.chapters().join(chapter))?;
        let said = figures(&text);
        let stale: Vec<&u64> = said.difference(&recorded).collect();
        ensure!(
            stale.is_empty(),
            "{chapter} says {stale:?}, and no table of {} does",
            folder.display()
        );
        count += said.len();
    }
    Ok(count)
}

/// All whole numbers.
fn numbers(text: &str) -> BTreeSet<u64> {
    let words = text.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
    words.filter_map(|word| word.parse().ok()).collect()
}

/// The whole numbers with a unit after them.
fn figures(text: &str) -> BTreeSet<u64> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let figure = |pair: &[&str]| {
        let unit = pair[1].trim_matches(|letter: char| !letter.is_ascii_alphabetic());
        let number = pair[0].replace(',', "").parse().ok()?;
        UNITS.contains(&unit).then_some(number)
    };
    words.windows(2).filter_map(figure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_in_the_text_was_recorded() {
        let count = check(&Folders::find().unwrap()).unwrap();
        assert!(count > 8, "{count} figures");
    }

    #[test]
    fn a_figure_that_was_not_recorded_is_named() {
        let kit = tempfile::tempdir().unwrap();
        let folders = Folders::at(kit.path());
        fs::create_dir_all(folders.chapters()).unwrap();
        for (_, bench) in CHAPTERS {
            let tables = folders.transcripts().join(bench);
            fs::create_dir_all(&tables).unwrap();
            fs::write(tables.join("readings.snap"), "| MQTT | 110 / 44 | 1,5 |\n").unwrap();
        }
        let say = |words: &str| {
            for (chapter, _) in CHAPTERS {
                fs::write(folders.chapters().join(chapter), words).unwrap();
            }
            check(&folders)
        };
        assert_eq!(
            say("It took 110 bytes up and 44 down, RFC 7252.").unwrap(),
            6
        );
        let error = say("It took 111 bytes.").unwrap_err().to_string();
        assert!(error.starts_with("assignment.md says [111]"), "{error}");
    }
}
