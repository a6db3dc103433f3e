//! Asked about in `book/quizzes/step2.toml`.

use serde_json::json;

fn main() {
    let message = json!({ "light": "120" });
    println!("{:?}", message["light"].as_u64());
}
