//! Small pieces of Markdown as HTML, and the prose of a chapter without its code.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd, html};

/// How mdBook reads a chapter, as far as our checks need it.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_HEADING_ATTRIBUTES)
    .union(Options::ENABLE_GFM)
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_TASKLISTS);

/// Parses a chapter, with each event's place in it.
pub fn events(text: &str) -> impl Iterator<Item = (Event<'_>, std::ops::Range<usize>)> {
    Parser::new_ext(text, OPTIONS).into_offset_iter()
}

/// One paragraph of Markdown as HTML, without the paragraph's own tag.
pub fn inline(text: &str) -> String {
    let mut rendered = String::new();
    html::push_html(&mut rendered, Parser::new_ext(text.trim(), OPTIONS));
    let rendered = rendered.trim();
    let inner = rendered
        .strip_prefix("<p>")
        .and_then(|rest| rest.strip_suffix("</p>"));
    inner.unwrap_or(rendered).to_owned()
}

/// Text that HTML shows as it is.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A block of code.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The word after the fence, or nothing.
    pub language: String,
    /// The lines between the fences.
    pub text: String,
    /// The line of the opening fence, from 1.
    pub line: usize,
}

/// Every fenced or indented block of code.
pub fn code_blocks(text: &str) -> Vec<Code> {
    let mut blocks: Vec<Code> = Vec::new();
    let mut inside = false;
    for (event, range) in events(text) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                inside = true;
                blocks.push(Code {
                    language,
                    text: String::new(),
                    line: line_of(text, range.start),
                });
            }
            Event::End(TagEnd::CodeBlock) => inside = false,
            Event::Text(piece) if inside => {
                if let Some(block) = blocks.last_mut() {
                    block.text.push_str(&piece);
                }
            }
            _ => {}
        }
    }
    blocks
}

/// Every piece of code between backticks.
pub fn inline_codes(text: &str) -> Vec<String> {
    let codes = events(text).filter_map(|(event, _)| match event {
        Event::Code(code) => Some(code.to_string()),
        _ => None,
    });
    codes.collect()
}

/// The prose: every piece of text outside code, with its line.
pub fn prose(text: &str) -> Vec<(usize, String)> {
    let mut pieces = Vec::new();
    let mut inside_code = false;
    for (event, range) in events(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => inside_code = true,
            Event::End(TagEnd::CodeBlock) => inside_code = false,
            Event::Text(piece) if !inside_code => {
                pieces.push((line_of(text, range.start), piece.to_string()));
            }
            _ => {}
        }
    }
    pieces
}

/// The line, from 1, on which the byte at `offset` stands.
pub fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()
        .iter()
        .take(offset)
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_markdown_loses_its_paragraph() {
        assert_eq!(inline("a `b` <c>"), "a <code>b</code> <c>");
        assert_eq!(escape("a < \"b\""), "a &lt; &quot;b&quot;");
    }

    #[test]
    fn prose_is_what_stands_outside_code() {
        let chapter = "# One\n\ntwo `three`\n\n```rust\nfour\n```\n";
        assert_eq!(
            prose(chapter),
            [(1, "One".to_owned()), (3, "two ".to_owned())]
        );
        let blocks = code_blocks(chapter);
        assert_eq!(
            blocks,
            [Code {
                language: "rust".into(),
                text: "four\n".into(),
                line: 5
            }]
        );
    }
}
