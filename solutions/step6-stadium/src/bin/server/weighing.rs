//! What the readings of all devices say together. Nothing here knows of MQTT or of a clock, so
//! every case can be tested without waiting: `cargo test`.

// ANCHOR: imports
use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::ensure;
// ANCHOR_END: imports

/// Below this light level it is night.
const DARK: u16 = 300;

// ANCHOR: most
/// So many devices have room. Anybody may make up names, and memory has an end.
const MOST: usize = 1_000;
// ANCHOR_END: most

/// The last reading of each device, and the decision that they led to.
pub struct Weighing {
    stale_after: Duration,
    // ANCHOR: readings
    readings: HashMap<String, Reading>,
    // ANCHOR_END: readings
    dark: bool,
}

// ANCHOR: reading
struct Reading {
    light: u16,
    at: Instant,
}
// ANCHOR_END: reading

/// What was decided.
#[derive(Debug, PartialEq)]
pub struct Decision {
    /// Whether it is dark.
    pub dark: bool,
    /// Whether that is another decision than the one before.
    pub is_new: bool,
}

impl Weighing {
    /// Nothing is known yet, and it is not dark. A reading counts for as long as `stale_after`.
    pub fn new(stale_after: Duration) -> Self {
        Self {
            stale_after,
            // ANCHOR: no-readings
            readings: HashMap::new(),
            // ANCHOR_END: no-readings
            dark: false,
        }
    }

    /// Takes in a reading that arrives `now`, and decides anew.
    ///
    /// # Errors
    /// When there is no room for one more device.
    pub fn take_in(&mut self, device: &str, light: u16, now: Instant) -> anyhow::Result<Decision> {
        // ANCHOR: weigh
        self.readings
            .retain(|_, reading| now.duration_since(reading.at) <= self.stale_after);
        let has_room = self.readings.len() < MOST || self.readings.contains_key(device);
        ensure!(has_room, "there are {MOST} devices already");
        let reading = Reading { light, at: now };
        self.readings.insert(device.to_owned(), reading);
        let readings = self.readings.values();
        let dark_ones = readings.filter(|reading| reading.light < DARK).count();
        // A tie is not dark: it takes more than half.
        let dark = dark_ones * 2 > self.readings.len();
        // ANCHOR_END: weigh
        let is_new = dark != self.dark;
        self.dark = dark;
        Ok(Decision { dark, is_new })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALE_AFTER: Duration = Duration::from_secs(15);

    /// Takes in readings that arrive at once, and returns the last decision.
    fn decide(weighing: &mut Weighing, readings: &[(&str, u16)], now: Instant) -> Decision {
        let mut decisions = readings
            .iter()
            .map(|(device, light)| weighing.take_in(device, *light, now).unwrap());
        decisions.by_ref().last().unwrap()
    }

    fn is_dark(readings: &[(&str, u16)]) -> bool {
        let mut weighing = Weighing::new(STALE_AFTER);
        decide(&mut weighing, readings, Instant::now()).dark
    }

    #[test]
    fn more_than_half_decide() {
        assert!(is_dark(&[("a", 299)]));
        assert!(!is_dark(&[("a", 300)]));
        assert!(!is_dark(&[("a", 1023), ("b", 1023), ("bird", 0)]));
        assert!(!is_dark(&[("a", 0), ("b", 1023)]), "half is not enough");
        assert!(is_dark(&[("a", 0), ("b", 0), ("lamp", 1023)]));
    }

    #[test]
    fn each_device_counts_once_with_its_last_reading() {
        let chatty = [("a", 0), ("b", 1023), ("c", 1023), ("a", 0), ("a", 0)];
        assert!(!is_dark(&chatty));
        assert!(is_dark(&[("a", 1023), ("b", 0), ("a", 0)]));
    }

    #[test]
    fn a_decision_is_new_when_it_is_not_the_one_before() {
        let mut weighing = Weighing::new(STALE_AFTER);
        let mut is_new = |reading| decide(&mut weighing, &[reading], Instant::now()).is_new;
        assert!(!is_new(("a", 500)), "at first it is not dark");
        assert!(is_new(("a", 100)));
        assert!(!is_new(("a", 100)));
        assert!(is_new(("b", 500)));
    }

    #[test]
    fn a_reading_that_is_too_old_counts_no_longer() {
        let mut weighing = Weighing::new(STALE_AFTER);
        let start = Instant::now();
        decide(&mut weighing, &[("dead", 0), ("gone", 0)], start);
        let last_moment = start + STALE_AFTER;
        assert!(decide(&mut weighing, &[("a", 1023)], last_moment).dark);
        let later = last_moment + Duration::from_millis(1);
        assert!(!decide(&mut weighing, &[("a", 1023)], later).dark);
    }

    #[test]
    fn one_device_too_many_has_to_wait_for_a_place() {
        let mut weighing = Weighing::new(STALE_AFTER);
        let start = Instant::now();
        for number in 0..1_000 {
            let device = number.to_string();
            weighing.take_in(&device, 0, start).unwrap();
        }
        let now = start + STALE_AFTER;
        assert!(weighing.take_in("one more", 0, now).is_err());
        assert!(weighing.take_in("7", 0, now).is_ok());
        let later = now + Duration::from_millis(1);
        assert!(weighing.take_in("one more", 0, later).is_ok());
    }
}
