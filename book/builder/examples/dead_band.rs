//! Asked about in `book/quizzes/step7.toml`.

/// A reading this far from the last one that was told is news.
const BAND: i32 = 30;
/// So many seconds after the last message there is another one, as a sign of life.
const QUIET: i32 = 600;
/// Below this light level it is night.
const DARK: i32 = 300;

/// A message with one reading, as MQTT sends it on `ada/telemetry`, in bytes.
const BYTES: f64 = 79.0;
/// What an ESP32 took from a supply of 5 V to wake up, join the network and send one, in coulombs. A
/// milliampere hour has 3.6.
const CHARGE: f64 = 0.1086;

/// A day without clouds: dark, an hour of dawn, light that flickers a little, an hour of dusk.
fn light(second: i32) -> i32 {
    let into_the_hour = second % 3_600;
    match second / 3_600 {
        6 => into_the_hour / 4,
        7..20 => 900 + second % 7,
        20 => 900 - into_the_hour / 4,
        _ => 0,
    }
}

fn main() {
    let (mut messages, mut told, mut at) = (1, light(0), 0);
    for now in (0..24 * 3_600).step_by(5) {
        let level = light(now);
        let is_news = (level - told).abs() >= BAND || (level < DARK) != (told < DARK);
        if is_news || now - at >= QUIET {
            messages += 1;
            (told, at) = (level, now);
        }
    }
    let cost = |messages: i32| {
        let messages = f64::from(messages);
        let (kilobytes, mah) = (messages * BYTES / 1_000.0, messages * CHARGE / 3.6);
        format!("{messages}: {kilobytes:.0} kB, {mah:.0} mAh")
    };
    println!("{}; {}", cost(24 * 3_600 / 5), cost(messages));
}
