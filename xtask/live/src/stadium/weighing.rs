//! The scales: which readings count, and what they say together.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Below this light level it is dark.
const DARK: u64 = 300;

/// As many devices are heard at once.
const MOST: usize = 1_000;

/// As many readings that no longer count are still shown.
const MOST_FORGOTTEN: usize = 50;

/// A device's last reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) light: u64,
    pub(super) at: Instant,
    /// Whether it still counts.
    pub(super) counts: bool,
}

impl Heard {
    pub(super) fn is_dark(self) -> bool {
        self.light < DARK
    }
}

/// What the readings that counted said together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Whether it is dark: more than half say so.
    pub(super) is_dark: bool,
    /// How many say so.
    pub(super) dark: usize,
    /// Of how many.
    pub(super) of: usize,
    /// Whether it was the other way round before.
    pub(super) changed: bool,
}

/// Weighs readings as the step's contract says. Time is given from outside.
#[derive(Debug)]
pub(super) struct Weighing {
    stale_after: Duration,
    heard: BTreeMap<String, Heard>,
    is_dark: bool,
}

impl Weighing {
    pub(super) fn new(stale_after: Duration) -> Self {
        Self {
            stale_after,
            heard: BTreeMap::new(),
            is_dark: false,
        }
    }

    /// Takes a reading in. `None` when there are too many devices to hear one more.
    pub(super) fn take(&mut self, device: &str, light: u64, at: Instant) -> Option<Outcome> {
        for heard in self.heard.values_mut() {
            heard.counts &= at.saturating_duration_since(heard.at) <= self.stale_after;
        }
        let known = self.heard.get(device).is_some_and(|heard| heard.counts);
        if !known && self.counting().count() >= MOST {
            return None;
        }
        let counts = true;
        let reading = Heard { light, at, counts };
        self.heard.insert(device.to_owned(), reading);
        self.tidy();
        let of = self.counting().count();
        let dark = self.counting().filter(|heard| heard.is_dark()).count();
        let is_dark = 2 * dark > of;
        let changed = is_dark != self.is_dark;
        self.is_dark = is_dark;
        Some(Outcome {
            is_dark,
            dark,
            of,
            changed,
        })
    }

    /// The last reading of each device, those included that no longer count.
    pub(super) fn heard(&self) -> impl Iterator<Item = (&str, Heard)> {
        self.heard
            .iter()
            .map(|(device, heard)| (device.as_str(), *heard))
    }

    fn counting(&self) -> impl Iterator<Item = Heard> {
        self.heard.values().filter(|heard| heard.counts).copied()
    }

    /// Names can be forged without end; what nobody counts is not kept for ever.
    fn tidy(&mut self) {
        let mut forgotten: Vec<Instant> = self
            .heard
            .values()
            .filter_map(|heard| (!heard.counts).then_some(heard.at))
            .collect();
        if let Some(surplus) = forgotten.len().checked_sub(MOST_FORGOTTEN + 1) {
            forgotten.sort();
            let last = forgotten[surplus];
            self.heard
                .retain(|_, heard| heard.counts || heard.at > last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALE: Duration = Duration::from_secs(15);

    /// Takes in readings of so many seconds after the start.
    fn weigh(readings: &[(u64, &str, u64)]) -> Outcome {
        let start = Instant::now();
        let mut weighing = Weighing::new(STALE);
        let outcomes = readings.iter().map(|(second, device, light)| {
            let at = start + Duration::from_secs(*second);
            weighing.take(device, *light, at).unwrap()
        });
        outcomes.last().unwrap()
    }

    fn outcome(is_dark: bool, dark: usize, of: usize, changed: bool) -> Outcome {
        Outcome {
            is_dark,
            dark,
            of,
            changed,
        }
    }

    #[test]
    fn one_covered_sensor_of_three_switches_nothing() {
        let seen = weigh(&[(0, "a", 900), (0, "b", 900), (1, "c", 0)]);
        assert_eq!(seen, outcome(false, 1, 3, false));
    }

    #[test]
    fn half_is_not_more_than_half_and_300_is_not_dark() {
        assert_eq!(
            weigh(&[(0, "a", 900), (0, "b", 299)]),
            outcome(false, 1, 2, false)
        );
        assert_eq!(weigh(&[(0, "a", 300)]), outcome(false, 0, 1, false));
        assert_eq!(weigh(&[(0, "a", 299)]), outcome(true, 1, 1, true));
    }

    #[test]
    fn a_newer_reading_takes_the_place_of_the_older_one() {
        let seen = weigh(&[(0, "a", 0), (1, "b", 0), (2, "a", 900), (3, "b", 900)]);
        assert_eq!(seen, outcome(false, 0, 2, false));
    }

    #[test]
    fn what_is_older_than_the_limit_is_forgotten_at_the_next_reading() {
        let early = [(0, "a", 0), (10, "b", 900)];
        let seen = weigh(&[early[0], early[1], (15, "b", 900)]);
        assert_eq!(seen, outcome(false, 1, 2, false));
        let seen = weigh(&[early[0], early[1], (16, "b", 900)]);
        assert_eq!(seen, outcome(false, 0, 1, false));
        let seen = weigh(&[early[0], early[1], (16, "b", 900), (17, "a", 0)]);
        assert_eq!(seen, outcome(false, 1, 2, false));
    }

    #[test]
    fn forged_names_fill_no_memory_and_make_room_as_they_expire() {
        let start = Instant::now();
        let mut weighing = Weighing::new(STALE);
        for name in 0..MOST + 5 {
            let taken = weighing.take(&format!("n{name}"), 0, start);
            assert_eq!(taken.is_some(), name < MOST);
        }
        let later = start + STALE + Duration::from_secs(1);
        let seen = weighing.take("real", 900, later).unwrap();
        assert_eq!((seen.dark, seen.of), (0, 1));
        assert!(weighing.heard().count() <= MOST_FORGOTTEN + 1);
    }
}
