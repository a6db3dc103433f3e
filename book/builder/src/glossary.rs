//! Terms, linked to the glossary where a chapter first uses them. Who reads in a second language, or
//! begins in the middle, finds each word explained one click away.

use std::fs;
use std::ops::Range;

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Tag, TagEnd};

use crate::folders::Folders;
use crate::markdown;

/// The chapter that explains the terms.
const CHAPTER: &str = "glossary.md";
/// Chapters for people who know the terms, or that have none.
const WITHOUT: [&str; 4] = [CHAPTER, "instructors.md", "maintainers.md", "progress.md"];

/// One entry: the names of a term, such as `QoS` and `quality of service`.
#[derive(Debug, PartialEq, Eq)]
struct Term<'a> {
    names: Vec<&'a str>,
}

impl<'a> Term<'a> {
    /// Reads a line such as `**QoS, quality of service.** 0: at most once.`
    fn read(line: &'a str) -> Option<Self> {
        let (names, _) = line.strip_prefix("**")?.split_once(".**")?;
        Some(Self {
            names: names.split(", ").collect(),
        })
    }

    /// What the page calls the place of this entry.
    fn id(&self) -> String {
        let name = self.names.first().copied().unwrap_or_default();
        let name = name.to_lowercase();
        let letters = name.chars().map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        });
        format!("term-{}", letters.collect::<String>())
    }

    /// The first use of one of the names in a piece of prose.
    fn first_in(&self, prose: &str) -> Option<Range<usize>> {
        let uses = self.names.iter().filter_map(|name| first_use(prose, name));
        uses.min_by_key(|range| range.start)
    }
}

/// The first place where the name stands as a word, or as several of a thing.
fn first_use(prose: &str, name: &str) -> Option<Range<usize>> {
    // `TLS` is a term and `tls` is none; `Broker` begins its entry, and is `broker` elsewhere.
    let is_capitals = name.chars().skip(1).any(char::is_uppercase);
    let found = if is_capitals {
        prose.find(name)?
    } else {
        prose.to_lowercase().find(&name.to_lowercase())?
    };
    let after = prose.get(found + name.len()..)?;
    let end = found + name.len() + usize::from(after.starts_with('s'));
    let inside = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    let before = prose.get(..found)?.chars().next_back();
    let after = prose.get(end..)?.chars().next();
    if before.is_some_and(inside) || after.is_some_and(inside) {
        // Another use may follow.
        let rest = first_use(prose.get(end..)?, name)?;
        return Some(rest.start + end..rest.end + end);
    }
    Some(found..end)
}

/// The chapter with places in it to link to, if it is the glossary, and with links otherwise.
pub fn complete(folders: &Folders, chapter: &str, text: &str) -> Result<String> {
    let file = chapter.rsplit('/').next().unwrap_or(chapter);
    if file == CHAPTER {
        return Ok(with_places(text));
    }
    let glossary = folders.chapters().join(CHAPTER);
    if WITHOUT.contains(&file) || !glossary.is_file() {
        return Ok(text.to_owned());
    }
    let glossary = fs::read_to_string(&glossary).with_context(|| glossary.display().to_string())?;
    let terms: Vec<Term<'_>> = glossary.lines().filter_map(Term::read).collect();
    Ok(with_links(text, &terms))
}

fn with_places(text: &str) -> String {
    let lines = text.lines().map(|line| match Term::read(line) {
        Some(term) => format!("<span id=\"{}\"></span>{line}\n", term.id()),
        None => format!("{line}\n"),
    });
    lines.collect()
}

fn with_links(text: &str, terms: &[Term<'_>]) -> String {
    let pieces = prose(text);
    let mut links: Vec<(Range<usize>, String)> = Vec::new();
    for term in terms {
        // Where two names lie over each other, the entry that comes first has it.
        let free = |found: &Range<usize>, links: &[(Range<usize>, String)]| {
            let mut taken = links.iter().map(|(range, _)| range);
            taken.all(|taken| found.end <= taken.start || found.start >= taken.end)
        };
        let found = pieces.iter().find_map(|piece| {
            let found = term.first_in(text.get(piece.clone())?)?;
            let found = found.start + piece.start..found.end + piece.start;
            free(&found, &links).then_some(found)
        });
        if let Some(found) = found {
            links.push((found, term.id()));
        }
    }
    links.sort_by_key(|(range, _)| range.start);
    let mut linked = String::with_capacity(text.len());
    let mut done = 0;
    for (range, id) in links {
        let (before, word) = (text.get(done..range.start), text.get(range.clone()));
        linked.push_str(before.unwrap_or_default());
        let word = word.unwrap_or_default();
        linked.push_str(&format!(
            "<a class=\"term\" href=\"glossary.html#{id}\">{word}</a>"
        ));
        done = range.end;
    }
    linked.push_str(text.get(done..).unwrap_or_default());
    linked
}

/// Where in the text prose stands that may be linked: no heading, no code, no other link.
fn prose(text: &str) -> Vec<Range<usize>> {
    let mut depth = 0;
    let mut pieces = Vec::new();
    for (event, range) in markdown::events(text) {
        match event {
            Event::Start(Tag::Heading { .. } | Tag::CodeBlock(_) | Tag::Link { .. })
            | Event::Start(Tag::Image { .. } | Tag::TableHead | Tag::HtmlBlock) => depth += 1,
            Event::End(TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::Link)
            | Event::End(TagEnd::Image | TagEnd::TableHead | TagEnd::HtmlBlock) => depth -= 1,
            Event::Text(piece) if depth == 0 && text.get(range.clone()) == Some(&*piece) => {
                pieces.push(range);
            }
            _ => {}
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLOSSARY: &str = "# G {#g}\n\n**Broker.** In the middle.\n\n**QoS, quality of service.** \
                            0.\n\n**Client id.** A name.\n\n**Client.** A program.\n";

    fn linked(text: &str) -> String {
        let terms: Vec<Term<'_>> = GLOSSARY.lines().filter_map(Term::read).collect();
        with_links(text, &terms)
    }

    #[test]
    fn the_first_use_is_linked_and_no_other() {
        assert_eq!(
            linked("# A broker {#b}\n\nTwo brokers, `broker`, a broker.\n"),
            "# A broker {#b}\n\nTwo <a class=\"term\" href=\"glossary.html#term-broker\">brokers</a>, \
             `broker`, a broker.\n"
        );
        assert_eq!(
            linked("pawnbroker, broker-like\n"),
            "pawnbroker, broker-like\n"
        );
        assert_eq!(linked("[a broker](x.md)\n"), "[a broker](x.md)\n");
        assert!(linked("a quality of service\n").contains("term-qos\">quality of service</a>"));
        assert!(
            !linked("qos\n").contains("<a"),
            "an abbreviation has its capitals"
        );
    }

    #[test]
    fn a_longer_term_is_not_cut_by_a_shorter_one() {
        let text = linked("Each client id is a client's name.\n");
        assert!(text.contains("#term-client-id\">client id</a>"), "{text}");
        assert_eq!(text.matches("<a ").count(), 1, "{text}");
    }

    #[test]
    fn the_glossary_has_a_place_for_each_term() {
        let places = with_places(GLOSSARY);
        assert!(
            places.contains("<span id=\"term-qos\"></span>**QoS,"),
            "{places}"
        );
        let folders = Folders::find().unwrap();
        let text = fs::read_to_string(folders.chapters().join(CHAPTER)).unwrap();
        let mut ids: Vec<String> = text
            .lines()
            .filter_map(Term::read)
            .map(|t| t.id())
            .collect();
        assert!(ids.len() > 50, "{ids:?}");
        ids.sort();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all, "each once");
    }
}
