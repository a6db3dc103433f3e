//! What the firmware says, on the stream where a program would say it.

use std::io::{self, BufRead, BufReader, Read, Write};

/// Passes on what a firmware says: its news on standard output, its complaints on standard error.
#[derive(Default)]
pub struct Console {
    /// Whether the last line was a complaint: a line without a level goes on with it.
    is_complaint: bool,
    /// Whether a panic was said.
    has_panicked: bool,
}

/// A line of the crate `log`, or what goes on with one.
#[derive(Debug, PartialEq)]
enum Line<'a> {
    News(&'a [u8]),
    Complaint(&'a [u8]),
    More(&'a [u8]),
}

impl<'a> Line<'a> {
    fn read(line: &'a [u8]) -> Self {
        let after = |level: &str| line.strip_prefix(format!("{level} ").as_bytes());
        if let Some(text) = ["INFO", "DEBUG", "TRACE"].into_iter().find_map(after) {
            Self::News(text)
        } else if let Some(text) = ["WARN", "ERROR"].into_iter().find_map(after) {
            Self::Complaint(text)
        } else {
            Self::More(line)
        }
    }
}

impl Console {
    /// Until the machine is switched off. Says whether the firmware has panicked.
    pub fn pass_on(mut self, from: impl Read) -> bool {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while let Ok(1..) = from.read_until(b'\n', &mut line) {
            self.line(line.trim_ascii_end());
            line.clear();
        }
        self.has_panicked
    }

    fn line(&mut self, line: &[u8]) {
        let text = match Line::read(line) {
            Line::News(text) => {
                self.is_complaint = false;
                text
            }
            Line::Complaint(text) => {
                self.is_complaint = true;
                self.has_panicked |= text.starts_with(b"panicked at ");
                text
            }
            Line::More(text) => text,
        };
        let text = [text, b"\n"].concat();
        // Whoever closes a stream does not want to read it.
        let _ = if self.is_complaint {
            io::stderr().write_all(&text)
        } else {
            io::stdout().write_all(&text)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_tells_news_from_complaints() {
        for (line, read) in [
            ("INFO MQTT connected!", Line::News(b"MQTT connected!")),
            ("WARN Command ignored", Line::Complaint(b"Command ignored")),
            ("ERROR panicked at a:1", Line::Complaint(b"panicked at a:1")),
            ("INFORMATION", Line::More(b"INFORMATION")),
            ("", Line::More(b"")),
        ] {
            assert_eq!(Line::read(line.as_bytes()), read);
        }
    }

    #[test]
    fn a_panic_is_one_only_where_it_is_said_as_one() {
        let panicked = |said: &str| Console::default().pass_on(said.as_bytes());
        assert!(panicked(
            "INFO on\nERROR panicked at src/device.rs:1:2:\nno such thing\n"
        ));
        assert!(!panicked(
            "INFO panicked at nothing\nERROR it has panicked at last\n"
        ));
    }
}
