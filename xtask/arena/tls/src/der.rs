//! The distinguished encoding rules (ITU-T X.690), as far as certificates need them.

use std::time::{Duration, SystemTime};

/// Tags (X.690, section 8.1.2, and X.680 for the numbers of the types).
const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

const DAY: u64 = 24 * 60 * 60;

/// A value with this tag.
fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut all = vec![tag];
    match length[..] {
        [] => all.push(0),
        [short @ ..0x80] => all.push(short),
        // No value here comes near 2^56 bytes.
        _ => {
            all.push(0x80 | u8::try_from(length.len()).unwrap_or_default());
            all.extend(&length);
        }
    }
    all.extend(value);
    all
}

pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tagged(SEQUENCE, &parts.concat())
}

pub fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    tagged(SET, &parts.concat())
}

/// A value that has a number instead of a name where it stands, and its own tag inside.
pub fn explicit(number: u8, value: &[u8]) -> Vec<u8> {
    tagged(0xa0 | number, value)
}

/// Bytes that have a number instead of a tag of their own.
pub fn implicit(number: u8, bytes: &[u8]) -> Vec<u8> {
    tagged(0x80 | number, bytes)
}

/// A number that is not negative.
pub fn integer(bytes: &[u8]) -> Vec<u8> {
    match bytes.first() {
        // The first bit is the sign.
        Some(0x80..) => tagged(INTEGER, &[&[0], bytes].concat()),
        _ => tagged(INTEGER, bytes),
    }
}

pub fn truth() -> Vec<u8> {
    tagged(BOOLEAN, &[0xff])
}

/// The first `unused` bits of the last byte, from its low end, do not count.
pub fn bits(unused: u8, bytes: &[u8]) -> Vec<u8> {
    tagged(BIT_STRING, &[&[unused], bytes].concat())
}

pub fn octets(bytes: &[u8]) -> Vec<u8> {
    tagged(OCTET_STRING, bytes)
}

pub fn text(text: &str) -> Vec<u8> {
    tagged(UTF8_STRING, text.as_bytes())
}

/// The name of a thing that has been given one.
pub fn identifier(arcs: &[u64]) -> Vec<u8> {
    let [first, second, others @ ..] = arcs else {
        return tagged(OBJECT_IDENTIFIER, &[]);
    };
    let joined = [first * 40 + second];
    let mut bytes = Vec::new();
    for arc in joined.iter().chain(others) {
        // Seven bits a byte, and the eighth says that more follow.
        let groups = (0..9).rev().map(|place| arc >> (7 * place) & 0x7f);
        let mut groups: Vec<u64> = groups.skip_while(|group| *group == 0).collect();
        let last = groups.pop().unwrap_or_default();
        let more = groups.into_iter().map(|group| group | 0x80);
        bytes.extend(
            more.chain([last])
                .filter_map(|group| u8::try_from(group).ok()),
        );
    }
    tagged(OBJECT_IDENTIFIER, &bytes)
}

/// A time of 1970 to 2049, to the second.
pub fn time(time: SystemTime) -> Vec<u8> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.unwrap_or(Duration::ZERO).as_secs();
    let (year, month, day) = date(seconds / DAY);
    let second = seconds % DAY;
    let written = format!(
        "{:02}{month:02}{day:02}{:02}{:02}{:02}Z",
        year % 100,
        second / 3600,
        second / 60 % 60,
        second % 60
    );
    tagged(UTC_TIME, written.as_bytes())
}

/// The date so many days after the first of January 1970: year, month and day, both from 1.
fn date(mut days: u64) -> (u64, u64, u64) {
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_one_byte_below_128_and_more_above() {
        assert_eq!(octets(&[]), [4, 0]);
        assert_eq!(octets(&[7; 127])[..2], [4, 127]);
        assert_eq!(octets(&[7; 128])[..3], [4, 0x81, 128]);
        assert_eq!(octets(&[7; 300])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn numbers_are_not_negative() {
        assert_eq!(integer(&[0x7f]), [2, 1, 0x7f]);
        assert_eq!(integer(&[0x80]), [2, 2, 0, 0x80]);
    }

    #[test]
    fn identifiers_are_as_the_standard_has_them() {
        // RFC 5480, section 2.1.1.1: prime256v1.
        let curve = identifier(&[1, 2, 840, 10045, 3, 1, 7]);
        assert_eq!(curve, [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    }

    #[test]
    fn dates_know_leap_years() {
        for (days, expected) in [
            (0, (1970, 1, 1)),
            (58, (1970, 2, 28)),
            (59, (1970, 3, 1)),
            (789, (1972, 2, 29)),
            (11_016, (2000, 2, 29)),
            (20_818, (2026, 12, 31)),
        ] {
            assert_eq!(date(days), expected);
        }
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(86_399);
        assert_eq!(time(then)[2..], *b"700101235959Z");
    }
}
