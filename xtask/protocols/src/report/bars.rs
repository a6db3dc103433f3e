//! A bar for each protocol, made of letters: it shows in a terminal and on a page alike, and its number
//! stands before it.

use std::fmt::Write as _;

use crate::cost::Cost;

/// The longest bar, in letters.
const LONGEST: f64 = 40.0;

/// What a reading costs with its headers, both ways: alone, and on a connection that is kept.
pub fn bars(rows: &[(String, Cost)]) -> String {
    let sum = |(up, down): (f64, f64)| up.round() + down.round();
    let mut drawn = String::new();
    for (title, of) in [
        ("on a connection that is kept", kept as fn(&Cost) -> _),
        ("with a connection for each reading", alone),
    ] {
        let longest = rows.iter().map(|(_, cost)| sum(of(cost)));
        let longest = longest.fold(1.0, f64::max);
        let _ = writeln!(drawn, "== {title}");
        for (name, cost) in rows {
            let bytes = sum(of(cost));
            let length = (bytes / longest * LONGEST).round().max(1.0);
            let _ = writeln!(
                drawn,
                "{name}\n{bytes:>5.0} {}",
                "█".repeat(length as usize)
            );
        }
        drawn.push('\n');
    }
    drawn
}

fn kept(cost: &Cost) -> (f64, f64) {
    cost.further.on_the_wire(cost.layer.header())
}

fn alone(cost: &Cost) -> (f64, f64) {
    cost.alone.on_the_wire(cost.layer.header())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::Layer;
    use crate::traffic::Average;

    #[test]
    fn the_longest_bar_is_the_dearest_protocol() {
        let reading = |bytes: f64| {
            let average = Average {
                up: bytes,
                ..Average::default()
            };
            Cost {
                layer: Layer::Udp,
                first: average,
                first_trips: 1,
                further: average,
                further_trips: 1,
                alone: average,
            }
        };
        let rows = [
            ("a".to_owned(), reading(100.0)),
            ("b".to_owned(), reading(25.0)),
        ];
        let drawn = bars(&rows);
        let full = format!("a\n  100 {}\n", "█".repeat(40));
        let quarter = format!("b\n   25 {}\n", "█".repeat(10));
        assert!(drawn.contains(&full) && drawn.contains(&quarter), "{drawn}");
    }
}
