//! How wide the terminal is, and sentences that fit it.

use std::io::IsTerminal;

use textwrap::{Options, WordSplitter};

/// Narrower than this nothing can be read.
const NARROWEST: usize = 24;

/// How many columns it has, where the stream leads to one.
pub fn columns(stream: &impl IsTerminal) -> Option<usize> {
    if !stream.is_terminal() {
        return None;
    }
    let (columns, _) = crossterm::terminal::size().ok()?;
    Some(usize::from(columns).max(NARROWEST))
}

/// Breaks lines between words where a terminal would break them anywhere; what it breaks off is
/// indented as the line, and by so many columns more. A path stays whole, for who copies it or opens
/// it with a click.
pub fn fitted(text: &str, columns: Option<usize>, indent: usize) -> String {
    let Some(columns) = columns else {
        return text.to_owned();
    };
    let broken = |line: &str| {
        let own = line.len() - line.trim_start_matches(' ').len();
        let indent = " ".repeat((own + indent).min(columns.saturating_sub(NARROWEST)));
        let options = Options::new(columns)
            .subsequent_indent(&indent)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation);
        textwrap::fill(line, options)
    };
    // Not by `lines`: an end of line at the end stays.
    let lines: Vec<String> = text.split('\n').map(broken).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_paths_stay_whole() {
        let text = "error: lessons/step1-connect/src/main.rs is missing";
        assert_eq!(fitted(text, None, 0), text);
        assert_eq!(
            fitted(text, Some(30), 4),
            "error:\n    lessons/step1-connect/src/main.rs\n    is missing"
        );
        let text = "! no id yet\n    Write one into nightlight.toml.\n";
        assert_eq!(
            fitted(text, Some(30), 0),
            "! no id yet\n    Write one into\n    nightlight.toml.\n"
        );
    }
}
