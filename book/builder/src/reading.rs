//! The reading list at the end of a chapter: where what it says of the world outside comes from.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use pulldown_cmark::{Event, Tag};

use crate::folders::Folders;
use crate::{links, markdown};

/// The heading of every list.
const HEADING: &str = "## Further reading {#further-reading}";

/// Chapters that say nothing of the world outside.
const WITHOUT: [&str; 4] = [
    "glossary.md",
    "instructors.md",
    "maintainers.md",
    "progress.md",
];

/// Checks every list; says how many sources they name. The chapter of a step may do without one,
/// and its finished code says nothing of the world outside.
pub fn check(folders: &Folders) -> Result<usize> {
    let summary =
        fs::read_to_string(folders.chapters().join("SUMMARY.md")).context("no SUMMARY.md")?;
    let steps: BTreeSet<&str> = course::steps().iter().map(|step| &*step.chapter).collect();
    let mut problems = Vec::new();
    let mut sources = 0;
    for chapter in chapters(&summary) {
        let text = fs::read_to_string(folders.chapters().join(&chapter))
            .with_context(|| chapter.clone())?;
        let Some((_, list)) = text.split_once(HEADING) else {
            let is_code = chapter.ends_with("-finished.md");
            if !WITHOUT.contains(&&*chapter) && !steps.contains(&*chapter) && !is_code {
                problems.push(format!("{chapter} has no `{HEADING}`"));
            }
            continue;
        };
        match read(list) {
            Ok(number) => sources += number,
            Err(problem) => problems.push(format!("{chapter}: {problem:#}")),
        }
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(sources)
}

/// The files that the contents link to.
fn chapters(summary: &str) -> Vec<String> {
    let links = markdown::events(summary).filter_map(|(event, _)| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    });
    links.collect()
}

/// How many sources a list names: each on a line that links to it and says what it is good for.
fn read(list: &str) -> Result<usize> {
    ensure!(
        !list.contains("\n#"),
        "the reading list is the end of the chapter"
    );
    let mut named = BTreeSet::new();
    for line in list.lines().filter(|line| !line.trim().is_empty()) {
        let parts = line.strip_prefix("- [").and_then(|rest| {
            let (title, rest) = rest.split_once("](")?;
            let (link, purpose) = rest.split_once("): ")?;
            Some((title, link, purpose))
        });
        let (title, link, purpose) = parts.with_context(|| {
            format!("write `- [Title](https://…): what it is good for.`, not `{line}`")
        })?;
        ensure!(!title.trim().is_empty(), "`{line}` has no title");
        ensure!(purpose.ends_with('.'), "`{line}` ends without a full stop");
        if let Some(problem) = links::malformed(link) {
            anyhow::bail!("`{link}` {problem}");
        }
        ensure!(named.insert(link), "`{link}` is named twice");
    }
    ensure!(!named.is_empty(), "the reading list is empty");
    Ok(named.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_of_the_book_is_well_formed() {
        assert!(check(&Folders::find().unwrap()).unwrap() > 50);
    }

    #[test]
    fn what_is_wrong_with_a_list_is_said() {
        assert_eq!(read("\n- [A](https://a.example/b): for c.\n").unwrap(), 1);
        for (list, words) in [
            ("", "empty"),
            ("- [A](https://a.example)", "what it is good for"),
            ("- [A](https://a.example): for b", "full stop"),
            ("- [A](http://a.example): for b.", "https://"),
            ("- [ ](https://a.example): for b.", "no title"),
            (
                "- [A](https://a.example): b.\n- [C](https://a.example): d.",
                "twice",
            ),
            (
                "- [A](https://a.example): b.\n## More",
                "end of the chapter",
            ),
        ] {
            let error = read(list).unwrap_err().to_string();
            assert!(error.contains(words), "{list}: {error}");
        }
    }
}
