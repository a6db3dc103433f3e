//! Days of the calendar, in UTC.

const DAY: u64 = 24 * 60 * 60;
/// Days of 400 years, after which the calendar repeats itself, and of four and a hundred years in it.
const ERA: u64 = 146_097;
/// Days from 1 March of the year 0 to 1 January 1970.
const EPOCH: u64 = 719_468;

/// A moment as XML Schema writes it, such as `2026-11-26T18:05:02`. `seconds` since 1970.
#[must_use]
pub fn timestamp(seconds: u64) -> String {
    let (year, month, day) = civil(seconds / DAY);
    let rest = seconds % DAY;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// The last second of a day that is written `2026-11-26`, since 1970.
#[must_use]
pub fn end_of_day(date: &str) -> Option<u64> {
    let mut parts = date.trim().split('-').map(str::parse::<u64>);
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    if !(1970..10_000).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    // No earlier than this, and some leap days and long months later.
    let before = (year - 1970) * 365 + (month - 1) * 28;
    let found = (before..before + 8_000).find(|days| civil(*days) == (year, month, day))?;
    Some(found * DAY + DAY - 1)
}

/// Year, month and day of a number of days since 1970. Years begin in March here, so that the day that comes and goes
/// is the last one.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + EPOCH;
    let (era, day) = (days / ERA, days % ERA);
    let leaps = day / 1_460 - day / 36_524 + day / (ERA - 1);
    let year = (day - leaps) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (400 * era + year + next, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_the_calendar() {
        for (seconds, written) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_709_251_199, "2024-02-29T23:59:59"),
            (1_795_716_302, "2026-11-26T18:05:02"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ] {
            assert_eq!(timestamp(seconds), written);
        }
    }

    #[test]
    fn a_day_ends_with_its_last_second() {
        for day in [
            "1970-01-01",
            "2000-02-29",
            "2026-11-26",
            "2100-03-01",
            "9999-12-31",
        ] {
            let end = end_of_day(day).expect("a day");
            assert_eq!(timestamp(end), format!("{day}T23:59:59"));
        }
        for wrong in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "26.11.2026",
            "2026-11",
            "",
            "x",
        ] {
            assert_eq!(end_of_day(wrong), None, "{wrong}");
        }
    }
}
