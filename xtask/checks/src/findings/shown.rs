//! Numbers in what a program prints, and how it shows a light level.

use arena::record::Stream;

/// How the program shows a reading: what stands before the number and after it, and on which
/// stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    stream: Stream,
    before: String,
    after: String,
}

impl Form {
    /// How a line shows this level, if it does.
    pub fn of(stream: Stream, line: &str, level: u16) -> Option<Self> {
        let (start, end) = number(line, level.into())?;
        Some(Self {
            stream,
            before: without_digits(&line[..start]),
            after: without_digits(&line[end..]),
        })
    }

    /// Whether a line shows something in the place of a level.
    pub fn fits(&self, stream: Stream, line: &str) -> bool {
        let line = without_digits(line);
        let inside = line
            .strip_prefix(self.before.as_str())
            .and_then(|rest| rest.strip_suffix(self.after.as_str()));
        // Without any words around it, every line would fit; a level is a number.
        let bare = self.before.trim().is_empty() && self.after.trim().is_empty();
        self.stream == stream
            && inside.is_some_and(|inside| !bare || inside.trim().parse::<f64>().is_ok())
    }
}

/// Other numbers in a line may be a time or a count, another one in each: all of them become 0.
fn without_digits(text: &str) -> String {
    let mut without = String::with_capacity(text.len());
    for letter in text.chars() {
        if !letter.is_ascii_digit() {
            without.push(letter);
        } else if !without.ends_with('0') {
            without.push('0');
        }
    }
    without
}

/// Where the line has this number in it, as a number of its own, with zeros in front or without.
pub fn number(line: &str, level: u64) -> Option<(usize, usize)> {
    numbers(line).find_map(|(start, end, known)| (known == level).then_some((start, end)))
}

/// All numbers in a line that are not negative, and where they stand.
pub fn numbers(line: &str) -> impl Iterator<Item = (usize, usize, u64)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        loop {
            let first = start + line[start..].find(|letter: char| letter.is_ascii_digit())?;
            let end = line[first..]
                .find(|letter: char| !letter.is_ascii_digit())
                .map_or(line.len(), |length| first + length);
            start = end;
            let before = &line[..first];
            let is_fraction = before
                .strip_suffix('.')
                .is_some_and(|before| before.ends_with(|letter: char| letter.is_ascii_digit()));
            if !before.ends_with('-')
                && !is_fraction
                && let Ok(number) = line[first..end].parse()
            {
                return Some((first, end, number));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str, level: u64) -> bool {
        number(line, level).is_some()
    }

    #[test]
    fn a_level_counts_only_as_a_number_of_its_own() {
        assert!(names("Message received: {\"light\":437}", 437));
        assert!(names("437", 437));
        assert!(names("level 0437.", 437), "zeros in front");
        assert!(names("light:   437", 437), "spaces in front");
        assert!(!names("1437 or 4370", 437));
        assert!(!names("-437", 437));
        assert!(!names("1.437", 437));
    }

    #[test]
    fn what_stands_in_the_place_of_a_level_looks_like_one() {
        let form = Form::of(Stream::Out, "Light level: 437", 437).unwrap();
        assert!(form.fits(Stream::Out, "Light level: 0"));
        assert!(form.fits(Stream::Out, "Light level: not json"));
        assert!(!form.fits(Stream::Out, "Message ignored: it is not JSON"));
        assert!(!form.fits(Stream::Err, "Light level: 0"));
        let bare = Form::of(Stream::Err, "437", 437).unwrap();
        assert!(bare.fits(Stream::Err, "0"));
        assert!(!bare.fits(Stream::Err, "it is not JSON"));
        let counted = Form::of(Stream::Out, "[99] 437 lux", 437).unwrap();
        assert!(counted.fits(Stream::Out, "[100] -5 lux"));
    }
}
