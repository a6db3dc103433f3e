//! How long a chapter takes to read.

use crate::markdown;

/// Words of plain technical prose that a learner reads in a minute.
const WORDS_PER_MINUTE: usize = 180;
/// Lines of code that a learner follows in a minute.
const CODE_LINES_PER_MINUTE: usize = 15;

/// Puts a line with the reading time under the chapter's title.
pub fn announce(text: &str) -> String {
    let minutes = minutes(text);
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    let note = format!("<p class=\"reading-time\">About {minutes} {unit} to read</p>\n");
    match text.split_once('\n') {
        Some((title, rest)) if title.starts_with("# ") => format!("{title}\n\n{note}{rest}"),
        _ => text.to_owned(),
    }
}

/// At least one minute, rounded up.
fn minutes(text: &str) -> usize {
    let words: usize = markdown::prose(text)
        .iter()
        .map(|(_, piece)| piece.split_whitespace().count())
        .sum();
    let code: usize = markdown::code_blocks(text)
        .iter()
        .map(|block| block.text.lines().count())
        .sum();
    let seconds =
        (words * 60).div_ceil(WORDS_PER_MINUTE) + (code * 60).div_ceil(CODE_LINES_PER_MINUTE);
    seconds.div_ceil(60).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_prose_both_take_time() {
        assert_eq!(minutes("one word"), 1);
        assert_eq!(minutes(&"word ".repeat(361)), 3);
        let code = format!("```rust\n{}```\n", "let a = 1;\n".repeat(30));
        assert_eq!(minutes(&code), 2);
    }

    #[test]
    fn the_title_stays_first() {
        let announced = announce("# Title {#t}\n\nText.\n");
        assert!(
            announced.starts_with("# Title {#t}\n\n<p class=\"reading-time\">About 1 minute to")
        );
    }
}
