//! Day and night: the light moves by itself.

use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::Duration;

use arena::board::LIGHT_PORT;
use arena::board::counterfit::Counterfit;
use arena::board::parts::{Refusal, Scale, SensorSettings};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::feed::Feed;

/// From one midnight to the next. Long enough for the telemetry's five seconds to show it.
const DAY: Duration = Duration::from_secs(60);

/// How often the light moves.
const TICK: Duration = Duration::from_millis(250);

/// The brightest noon.
const NOON: f64 = 1023.0;

/// Moves the light until it is dropped, or until somebody else sets it.
#[derive(Debug)]
pub struct Daylight(JoinHandle<()>);

impl Daylight {
    /// Starts from the light as it is, towards the day.
    ///
    /// # Errors
    /// When the board has no light sensor.
    pub fn begin(board: Arc<Counterfit>, feed: Arc<Feed>) -> Result<Self, Refusal> {
        let level = board.parts().sees(LIGHT_PORT).unwrap_or_default();
        shine(&board, level)?;
        feed.update(|now| now.daylight = true);
        Ok(Self(tokio::spawn(async move {
            pass(&board, level).await;
            feed.update(|now| now.daylight = false);
        })))
    }
}

impl Drop for Daylight {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn pass(board: &Counterfit, start: f64) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut time = time_of(start);
    let mut shown = start;
    loop {
        ticks.tick().await;
        // Somebody took the light into their own hands, or the sensor away.
        if board.parts().sees(LIGHT_PORT) != Some(shown) {
            return;
        }
        time += TICK.as_secs_f64() / DAY.as_secs_f64();
        shown = light_at(time);
        if shine(board, shown).is_err() {
            return;
        }
    }
}

/// The light at a time of day: 0 is midnight, 0.5 noon.
fn light_at(time: f64) -> f64 {
    (NOON / 2.0 * (1.0 - (TAU * time).cos())).round()
}

/// The time of a morning at which it is that light.
fn time_of(light: f64) -> f64 {
    (1.0 - 2.0 * light / NOON).clamp(-1.0, 1.0).acos() / TAU
}

fn shine(board: &Counterfit, level: f64) -> Result<(), Refusal> {
    let settings = SensorSettings {
        value: Some(level),
        is_random: Some(false),
        ..SensorSettings::default()
    };
    board.change(|parts| parts.set_sensor(LIGHT_PORT, Scale::Integer, &settings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_a_night_and_a_noon() {
        assert_eq!(light_at(0.0), 0.0);
        assert_eq!(light_at(0.5), 1023.0);
        assert_eq!(light_at(1.0), 0.0);
    }

    #[test]
    fn it_goes_on_from_the_light_as_it_is() {
        for light in [0.0, 1.0, 299.0, 300.0, 700.0, 1023.0] {
            assert_eq!(light_at(time_of(light)), light);
        }
    }
}
