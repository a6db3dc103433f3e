//! Two who hand in the same are shown side by side.

use std::fs;

use crate::class::{Class, Files, starter};

/// Does not compile, so that nothing has to be played.
const COPIED: &str = r##"
// Whoever has this remark, too, has it from here.
fn decide(light: i64) -> bool { light < 300 && "</pre><script>alert(1)</script>".len() > 3 }
fn answer(client: &Client, payload: &[u8]) -> Option<bool> {
    let reading: Reading = serde_json::from_slice(payload).ok()?;
    let on = decide(reading.light);
    let text = serde_json::json!({ "led_on": on }).to_string();
    client.try_publish("commands", QoS::AtMostOnce, false, text).ok()?;
    Some(on)
}
"##;

/// Who has copied, and added this.
pub fn copied(own: &str) -> Files {
    with(&format!("{own}{COPIED}"))
}

fn with(own: &str) -> Files {
    let mut files = starter(&[1]);
    let source = files.iter_mut().find(|(path, _)| path.ends_with(".rs"));
    source.unwrap().1 += own;
    files
}

#[test]
fn a_pair_has_a_page_with_both_texts_as_long_as_it_is_one() {
    let class = Class::new();
    class.folder("ada", &copied(""));
    class.folder("eve", &copied("fn mine() {}\n"));
    class.folder("zoe", &with("fn other( {}\n"));

    let (status, said) = class.grade(&["--seed", "7"]);

    assert_eq!(status, 0, "{said}");
    assert!(
        said.contains("1 pair of submissions is alike, in 1 group;"),
        "{said}"
    );
    let overview = class.result("overview.html");
    let link = "<a href=\"alike/001-step1.html\">ada and eve</a>";
    assert!(overview.contains(link), "{overview}");
    let page = class.result("alike/001-step1.html");
    for words in [
        "step1: ada and eve",
        "in both",
        "given",
        "Whoever has this remark",
        "fn mine",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    assert!(!page.contains("<script"), "{page}");
    // All of what the starter has is given, the files' names included.
    let given = page.split("<div class=\"given\"").count() - 1;
    assert_eq!(given, 2, "{page}");
    for shared in page.split("<div class=\"shared\"").skip(1) {
        let shared = shared.split("</div>").next().unwrap();
        assert!(!shared.contains("step1-connect/"), "{shared}");
        assert!(!shared.contains("fn main"), "{shared}");
    }

    fs::remove_dir_all(class.path("submissions/eve")).unwrap();
    let (status, said) = class.grade(&["--resume"]);
    assert_eq!(status, 0, "{said}");
    assert!(!class.out().join("alike/001-step1.html").exists());
}
