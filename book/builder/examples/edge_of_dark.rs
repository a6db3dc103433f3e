//! Asked about in `book/quizzes/step4.toml`.

use serde_json::json;

const DARK: u64 = 300;

fn main() {
    let just_dark = json!({ "led_on": 299 < DARK });
    let just_light = json!({ "led_on": 300 < DARK });
    println!("{just_dark} {just_light}");
}
