//! The guide's own words, for a terminal: what stands below a heading, without its drawings,
//! listings and tables.

use std::fs;
use std::path::Path;

/// The paragraphs below a heading, as `step1-connect.md#client-name` names it. None, where the guide
/// or the heading is not there.
pub fn section(root: &Path, place: &str) -> Vec<String> {
    let (file, id) = place.split_once('#').unwrap_or((place, ""));
    let text = fs::read_to_string(root.join("book/src").join(file)).unwrap_or_default();
    paragraphs(&below(&text, id))
}

/// What can go wrong, as a chapter lists it: the first words of each entry.
pub fn mistakes(root: &Path, chapter: &str) -> Vec<String> {
    let text = fs::read_to_string(root.join("book/src").join(chapter)).unwrap_or_default();
    let entries = below(&text, "wrong").into_iter();
    let bold = entries.filter_map(|line| line.strip_prefix("**")?.split_once("**"));
    bold.map(|(symptom, _)| plain(symptom)).collect()
}

/// The lines between a heading and the next one.
fn below<'a>(text: &'a str, id: &str) -> Vec<&'a str> {
    let mark = format!("{{#{id}}}");
    let mut lines = text.lines();
    let _ = lines.find(|line| line.starts_with('#') && line.ends_with(&mark));
    lines.take_while(|line| !line.starts_with('#')).collect()
}

fn paragraphs(lines: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_code = false;
    for line in lines {
        let line = line.trim_start_matches("> ").trim();
        if line.starts_with("```") {
            is_code = !is_code;
            continue;
        }
        // What only a page can show; and who asks for a hint is not yet at the finished code.
        let left_out = ["{{#", "<", "|", "[!", "> [!"];
        let is_prose = !left_out.iter().any(|mark| line.starts_with(mark));
        if is_code || line.is_empty() || line.contains("-finished.md#") {
            continue;
        }
        if is_prose {
            found.push(plain(line));
        } else if let Some(before) = found.last_mut()
            && let Some(sentence) = before.strip_suffix(':')
        {
            // It led to what is left out here.
            *before = format!("{sentence}.");
        }
    }
    found
}

/// Without the marks of bold and slanted words and of links.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, link)) = rest.split_once('[') {
        text += before;
        let parts = link
            .split_once("](")
            .and_then(|(words, target)| Some((words, target.split_once(')')?.1)))
            .filter(|(words, _)| !words.contains(['[', ']']));
        match parts {
            Some((words, behind)) => {
                text += words;
                rest = behind;
            }
            None => {
                text.push('[');
                rest = link;
            }
        }
    }
    // A star in code is one.
    let parts = text + rest;
    let parts = parts.split('`').enumerate();
    let parts = parts.map(|(number, part)| match number % 2 {
        0 => part.replace('*', ""),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_stays_and_what_only_a_page_shows_does_not() {
        let text = "# A {#a}\n\nno\n\n## B {#b}\n\n*Hint.* One **word** and [a link](c.md#d), `*x`:\n\n\
                    {{#listing step1/x}}\n\n```sh\nno\n```\n\n> [!NOTE]\n> Two.\n\n| no | no |\n\n\
                    When you are done: [code](step1-finished.md#b).\n\n## C {#c}\n\nno\n";
        let lines = below(text, "b");
        let prose = ["Hint. One word and a link, `*x`.", "Two."];
        assert_eq!(paragraphs(&lines), prose);
        assert!(below(text, "nowhere").is_empty());
    }
}
