//! Verdicts of a size that a class's can have: whatever a program did, what is kept of it is short, and says where it
//! was cut.

use course::verdict::Verdict;
use course::wording::counted;

use crate::text::is_noncharacter;

/// Bytes that are kept of one step's transcript.
const TRANSCRIPT: usize = 24 * 1024;
/// Bytes of the difference to the solution's run, and of the compiler's words.
const WORDS: usize = 16 * 1024;
/// Bytes of what one criterion says of what was seen, and of what was expected.
const CRITERION: usize = 1024;

/// Room for the words that say so.
const NOTE: usize = 64;

/// Bytes of one verdict in a journal at most: all of the above, for a step of forty criteria.
pub const MOST: usize = 256 * 1024;

/// Cuts what is too long.
pub fn cut(verdict: &mut Verdict) {
    shorten(&mut verdict.transcript, TRANSCRIPT);
    let words = [&mut verdict.difference, &mut verdict.message];
    for words in words.into_iter().flatten() {
        shorten(words, WORDS);
    }
    for row in &mut verdict.criteria {
        let words = [&mut row.expected, &mut row.actual, &mut row.hint];
        for words in words.into_iter().flatten() {
            shorten(words, CRITERION);
        }
    }
}

/// Keeps the beginning and notes how much is missing, in at most `most` bytes as JSON writes them. What was cut once is
/// not cut again.
fn shorten(text: &mut String, most: usize) {
    let mut size = 0;
    let mut end = 0;
    for (at, letter) in text.char_indices() {
        size += written(letter);
        if size <= most - NOTE {
            end = at + letter.len_utf8();
        }
        if size > most {
            let left = text.len() - end;
            text.truncate(end);
            *text += &format!(
                "\n… {} left out …\n",
                counted(left, "byte more is", "bytes more are")
            );
            return;
        }
    }
}

/// Bytes of a letter in JSON: a control character is written as its number, and so is what is none at all.
fn written(letter: char) -> usize {
    match letter {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        '\0'..='\u{1f}' => 6,
        none if is_noncharacter(none) => 6 * none.len_utf16(),
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use course::verdict::Status;
    use course::verdict::examples::verdict;

    #[test]
    fn a_verdict_stays_short_and_says_what_is_missing() {
        for flood in ["é\n", "\u{1}", "\u{1ffff}", "\"\\", "x"] {
            let flood = flood.repeat(1 << 20);
            let mut long = verdict("step1", Status::Fail, &"f".repeat(40));
            long.transcript.clone_from(&flood);
            long.difference = Some(flood.clone());
            long.message = Some(flood.clone());
            for row in &mut long.criteria {
                row.expected = Some(flood.clone());
                row.actual = Some(flood.clone());
                row.hint = Some(flood.clone());
            }
            cut(&mut long);
            let line = json::line(&long).expect("JSON");
            assert!(line.len() < MOST, "{}", line.len());
            assert!(long.transcript.ends_with("bytes more are left out …\n"));
        }
        let mut again = verdict("step1", Status::Fail, "f");
        again.transcript = "é\n".repeat(1 << 20);
        cut(&mut again);
        let once = again.clone();
        cut(&mut again);
        assert_eq!(again, once);

        let short = verdict("step1", Status::Fail, "pf");
        let mut same = short.clone();
        cut(&mut same);
        assert_eq!(same, short);
    }
}
