//! mdBook's anchors: `// ANCHOR: name` and `// ANCHOR_END: name` mark a piece of a source.

use anyhow::{Context, bail, ensure};

const BEGIN: &str = "// ANCHOR: ";
const END: &str = "// ANCHOR_END: ";

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A piece begins after it.
    Begin(&'a str),
    /// A piece ends before it.
    End(&'a str),
    /// Source, as it stands.
    Code(&'a str),
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let mark = line.trim();
        if let Some(name) = mark.strip_prefix(BEGIN) {
            Self::Begin(name)
        } else if let Some(name) = mark.strip_prefix(END) {
            Self::End(name)
        } else {
            Self::Code(line)
        }
    }
}

/// A line of a marked source, and the pieces it is in, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked<'a> {
    /// What it is.
    pub line: Line<'a>,
    /// How far it is indented, in bytes.
    pub indent: usize,
    /// The pieces around it. A mark is outside of its own piece.
    pub inside: Vec<&'a str>,
}

/// All lines of a source. Pieces may overlap.
///
/// # Errors
/// When a piece begins twice, ends without having begun, does not end, or is empty.
pub fn lines(source: &str) -> anyhow::Result<Vec<Marked<'_>>> {
    let mut lines: Vec<Marked> = Vec::new();
    let mut open: Vec<(&str, bool)> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (text, number) in source.lines().zip(1..) {
        let line = Line::of(text);
        match line {
            Line::Begin(name) => {
                ensure!(
                    !seen.contains(&name),
                    "line {number}: anchor {name} starts twice"
                );
                seen.push(name);
            }
            Line::End(name) => {
                let place = open.iter().rposition(|(opened, _)| *opened == name);
                let place =
                    place.with_context(|| format!("line {number}: anchor {name} is not open"))?;
                let (_, holds_code) = open.remove(place);
                ensure!(holds_code, "line {number}: anchor {name} is empty");
            }
            Line::Code(code) if !code.trim().is_empty() => {
                open.iter_mut()
                    .for_each(|(_, holds_code)| *holds_code = true);
            }
            Line::Code(_) => {}
        }
        lines.push(Marked {
            line,
            indent: text.len() - text.trim_start().len(),
            inside: open.iter().map(|(name, _)| *name).collect(),
        });
        if let Line::Begin(name) = line {
            open.push((name, false));
        }
    }
    if let Some((name, _)) = open.first() {
        bail!("anchor {name} is not closed");
    }
    Ok(lines)
}

/// A source without its marks: what a learner who is done has on screen.
///
/// # Errors
/// As [`lines`].
pub fn without_marks(source: &str) -> anyhow::Result<String> {
    let lines = lines(source)?;
    let code = lines.iter().filter_map(|marked| match marked.line {
        Line::Code(code) => Some(code),
        Line::Begin(_) | Line::End(_) => None,
    });
    Ok(collapse_blank_lines(code))
}

/// Puts lines together. What was taken out leaves the blank lines on both its sides, and rustfmt
/// allows one.
pub(crate) fn collapse_blank_lines<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    let mut blank = false;
    for line in lines {
        if !(blank && line.is_empty()) {
            text += line;
            text.push('\n');
        }
        blank = line.is_empty();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_knows_the_pieces_it_is_in() {
        let source = "one\n  // ANCHOR: a\n  two\n  // ANCHOR: b\n  three\n  // ANCHOR_END: a\n\
                      // ANCHOR_END: b\n";
        let lines = lines(source).unwrap();
        let inside = |code: &str| {
            let found = lines
                .iter()
                .find(|marked| marked.line == Line::Code(code))
                .unwrap();
            found.inside.clone()
        };
        assert_eq!(inside("one"), [""; 0]);
        assert_eq!(inside("  two"), ["a"]);
        assert_eq!(inside("  three"), ["a", "b"], "pieces overlap");
        assert_eq!(without_marks(source).unwrap(), "one\n  two\n  three\n");
    }

    #[test]
    fn broken_marks_are_named() {
        for (source, words) in [
            ("// ANCHOR: a\nx\n", "a is not closed"),
            ("// ANCHOR_END: a\n", "a is not open"),
            ("// ANCHOR: a\n\n// ANCHOR_END: a\n", "a is empty"),
            (
                "// ANCHOR: a\nx\n// ANCHOR_END: a\n// ANCHOR: a\nx\n// ANCHOR_END: a\n",
                "a starts twice",
            ),
        ] {
            let error = lines(source).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
