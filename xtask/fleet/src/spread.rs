//! Statistics of measured times.

use std::fmt;
use std::time::Duration;

/// Times in ascending order.
#[derive(Clone, Debug)]
pub struct Spread(Vec<Duration>);

impl Spread {
    /// Sorts the times.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// Number of times.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The median.
    pub fn middle(&self) -> Duration {
        self.within(0.5)
    }

    /// The quantile `part`, from 0 to 1.
    pub fn within(&self, part: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        let place = (last as f64 * part).round() as usize;
        self.0.get(place).copied().unwrap_or_default()
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [half, most, nearly_all] =
            [0.5, 0.95, 0.99].map(|part| self.within(part).as_secs_f64() * 1_000.0);
        write!(
            f,
            "{half:.2} ms (95 % in {most:.2}, 99 % in {nearly_all:.2})"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_times_in_order() {
        let spread = Spread::of((1..=100).rev().map(Duration::from_millis).collect());
        assert_eq!(spread.middle(), Duration::from_millis(51));
        let words = spread.to_string();
        assert_eq!(words, "51.00 ms (95 % in 95.00, 99 % in 99.00)");
        assert_eq!(Spread::of(Vec::new()).middle(), Duration::ZERO);
    }
}
