//! What a compiler says, of any length, in bounded memory.

use std::collections::VecDeque;

use course::wording::counted;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes that are kept of the beginning, and as many of the end: a compiler may warn of a lot before it says what is
/// wrong, and go on about something else after that.
const EACH: usize = 7 * 1024;

/// The beginning and the end of what was said.
#[derive(Debug, Default)]
pub(super) struct Words {
    first: Vec<u8>,
    last: VecDeque<u8>,
    left_out: usize,
}

impl Words {
    /// Listens to the end. Who stops listening ends a compiler that has only warnings left to give; how long it may go
    /// on is its jail's business.
    pub(super) async fn read(mut from: impl AsyncRead + Unpin) -> Self {
        let mut words = Self::default();
        let mut part = vec![0; 8 * 1024];
        // What cannot be read any more has been said.
        while let Ok(length @ 1..) = from.read(&mut part).await {
            words.add(&part[..length]);
        }
        words
    }

    fn add(&mut self, part: &[u8]) {
        let room = EACH.saturating_sub(self.first.len()).min(part.len());
        let (first, rest) = part.split_at(room);
        self.first.extend(first);
        self.last.extend(rest);
        let over = self.last.len().saturating_sub(EACH);
        self.last.drain(..over);
        self.left_out += over;
    }

    /// As a text that says where something is left out.
    pub(super) fn text(self) -> String {
        let Self {
            mut first,
            last,
            left_out,
        } = self;
        if left_out > 0 {
            first.extend(
                format!(
                    "\n… {} left out here …\n",
                    counted(left_out, "byte is", "bytes are")
                )
                .bytes(),
            );
        }
        first.extend(last);
        String::from_utf8_lossy(&first).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn beginning_and_end_stay() {
        for length in [0, 10, EACH, 2 * EACH, 2 * EACH + 1, 9 * EACH + 7] {
            let said: Vec<u8> = (b'a'..=b'z').cycle().take(length).collect();
            let text = Words::read(said.as_slice()).await.text();
            let said = String::from_utf8_lossy(&said);
            if length <= 2 * EACH {
                assert_eq!(text, said);
            } else {
                let out = match length - 2 * EACH {
                    1 => "\n… 1 byte is left out here …\n".to_owned(),
                    many => format!("\n… {many} bytes are left out here …\n"),
                };
                let (first, last) = (&said[..EACH], &said[length - EACH..]);
                assert_eq!(text, format!("{first}{out}{last}"));
            }
        }
    }
}
