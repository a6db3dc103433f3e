//! JSON that every parser reads, whatever a learner's program has printed.
//!
//! JSON may hold Unicode's noncharacters, such as U+FFFE, as they are (RFC 8259, section 7). But they are not meant for
//! interchange, and a reader may take a file that holds one for damaged. So they are written by number, as control
//! characters are: nothing is lost, and all that stands in the file is text.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use crate::text::is_noncharacter;

/// On one line, without its end.
///
/// # Errors
/// When the value cannot be JSON, as a map whose keys are no text.
pub fn line(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut line = Vec::new();
    value.serialize(&mut written(&mut line, CompactFormatter))?;
    Ok(line)
}

/// Indented, for people.
///
/// # Errors
/// As [`line()`], and when `to` cannot be written.
pub fn pretty(value: &impl Serialize, to: impl io::Write) -> serde_json::Result<()> {
    value.serialize(&mut written(to, PrettyFormatter::new()))
}

fn written<W: io::Write, F: Formatter>(to: W, layout: F) -> Serializer<W, ByNumber<F>> {
    Serializer::with_formatter(to, ByNumber(layout))
}

/// Writes noncharacters by their number, and lays out the rest as another does.
struct ByNumber<F>(F);

impl<F: Formatter> Formatter for ByNumber<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain = fragment;
        while let Some(at) = plain.find(is_noncharacter) {
            let (before, rest) = plain.split_at(at);
            to.write_all(before.as_bytes())?;
            let mut rest = rest.chars();
            for unit in rest.next().into_iter().flat_map(units) {
                write!(to, "\\u{unit:04x}")?;
            }
            plain = rest.as_str();
        }
        to.write_all(plain.as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_array(to)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_array(to)
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(to, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_array_value(to)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object(to)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object(to)
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(to, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object_value(to)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object_value(to)
    }
}

/// As JSON counts: two of them beyond U+FFFF.
fn units(letter: char) -> Vec<u16> {
    letter.encode_utf16(&mut [0; 2]).to_vec()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn noncharacters_are_written_by_number_and_read_again() {
        let text = "a\u{fffe}b\u{fdd0}\u{fdef}\u{1ffff}\n\u{10fffe}";
        let line = String::from_utf8(line(&text).expect("JSON")).expect("text");
        assert_eq!(line, r#""a\ufffeb\ufdd0\ufdef\ud83f\udfff\n\udbff\udffe""#);
        let read: String = serde_json::from_str(&line).expect("JSON");
        assert_eq!(read, text);
    }

    #[test]
    fn all_else_is_written_as_ever() {
        // The neighbours of noncharacters among them.
        let value = json!({
            "é\"\\\u{0}": [1.5, null, true, {}, []],
            "\u{fdcf}\u{fdf0}": "\u{fffd}\u{feff}\u{1fffd}\u{20000}\u{2028}",
        });
        let line = line(&value).expect("JSON");
        assert_eq!(line, serde_json::to_vec(&value).expect("JSON"));
        let mut indented = Vec::new();
        pretty(&value, &mut indented).expect("JSON");
        assert_eq!(indented, serde_json::to_vec_pretty(&value).expect("JSON"));
        let read: Value = serde_json::from_slice(&indented).expect("JSON");
        assert_eq!(read, value);
    }
}
