//! Whether a reading is told every five seconds.

use arena::record::Entry;

use super::{AT_ONCE, Told, looks};
use crate::queries::Pacing;
use crate::sheet::Finding;

/// Between two messages lie five seconds, whatever they say.
pub fn judge(entries: &[Entry], told: &[Told]) -> Result<(), Finding> {
    let pacing = Pacing::of(entries);
    // A level that is told twice at once is no matter of pace.
    let is_doubled = |pair: &[Told], pause: f64| pause < AT_ONCE && pair[0].light == pair[1].light;
    let pauses = told
        .windows(2)
        .map(|pair| (pacing.between(pair[0].entry, pair[1].entry), pair))
        .filter(|(pause, pair)| !is_doubled(pair, *pause) && !pacing.is(*pause, 5.0));
    // The shortest says most: what comes in bursts has long pauses as well.
    let odd = pauses.min_by(|one, other| one.0.total_cmp(&other.0));
    let Some((odd, pair)) = odd else {
        return Ok(());
    };
    let looks_between = looks(entries)
        .filter(|(_, entry)| entry.at > pair[0].entry.at && entry.at <= pair[1].entry.at)
        .count();
    let finding = Finding::new(
        "five seconds between two messages",
        format!("{odd:.1} s between two messages"),
    );
    Err(if odd < 0.1 && looks_between > 0 {
        finding.hint(
            "`board.delay.delay_ms(5_000)` at the end of each round. It counts in milliseconds: a \
             second has a thousand.",
        )
    } else if odd < 0.1 {
        finding.hint(
            "Several messages left at once, though the sensor was not read in between. Each reading \
             is told when it was taken, one every five seconds, and for no other reason.",
        )
    } else if odd > 5.0 && looks_between > 1 {
        finding.hint(
            "It looked in between and told nothing. Each reading is told, also when it is the same \
             as the one before.",
        )
    } else {
        finding.hint(
            "From one reading told to the next pass five seconds: `board.delay.delay_ms(5_000)` at \
             the end of each round, no more and no less. It counts in milliseconds.",
        )
    })
}
