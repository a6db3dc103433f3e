//! The form of transcripts: sections of lines, each under a heading.
//!
//! A snapshot of the solution's run and the account of a learner's have the same form, so that one
//! can be shown as a difference against the other.

use std::fmt::Write as _;

/// One kind of thing that was seen of one program in one scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section<S> {
    /// Such as `evening, device: wire`.
    pub heading: S,
    /// In order.
    pub lines: Vec<S>,
}

impl<S: AsRef<str>> Section<S> {
    /// What it shows: `wire`, `sensor`, `LED`, `console`.
    pub fn kind(&self) -> &str {
        let heading = self.heading.as_ref();
        heading.rsplit_once(": ").map_or(heading, |(_, kind)| kind)
    }
}

/// All sections as one text, empty ones left out.
pub fn text<S: AsRef<str>>(sections: &[Section<S>]) -> String {
    let mut text = String::new();
    for section in sections.iter().filter(|section| !section.lines.is_empty()) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "== {}", section.heading.as_ref());
        for line in &section.lines {
            let _ = writeln!(text, "{}", line.as_ref());
        }
    }
    text
}

/// The sections of a text made by [`text`]; whatever stands before the first heading, such as a
/// snapshot's own header, does not count.
pub fn parse(text: &str) -> Vec<Section<&str>> {
    let mut sections: Vec<Section<&str>> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("== "), sections.last_mut()) {
            (Some(heading), _) => sections.push(Section {
                heading,
                lines: Vec::new(),
            }),
            (None, Some(section)) => section.lines.push(line),
            (None, None) => {}
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let section = |heading, lines: &[&'static str]| Section {
            heading,
            lines: lines.to_vec(),
        };
        let sections = [
            section("evening, device: wire", &["-> CONNECT", "<- CONNACK"]),
            section("evening, device: LED", &["on"]),
        ];
        let written = format!("---\nsource: a snapshot's header\n---\n{}", text(&sections));
        assert_eq!(parse(&written), sections);
        assert_eq!(sections[0].kind(), "wire");
        assert_eq!(text(&[section("nothing, device: wire", &[])]), "");
    }
}
