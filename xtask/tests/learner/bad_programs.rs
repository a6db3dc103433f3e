//! Programs that do not behave like programs: each is told what happened to it.

use std::path::Path;

use checks::play::compile_and_play;
use checks::subject::Subject;
use course::verdict::{Status, Verdict};
use xtask::report::human;

use super::{first, root, subject_of};

/// Fixed, so that a failure can be repeated.
const SEED: u64 = 3;

async fn check(subject: &Subject) -> anyhow::Result<Verdict> {
    compile_and_play(&root(), subject, first(), SEED, &Default::default()).await
}

async fn verdict_on(source: &str) -> (Verdict, String) {
    let (_folder, subject) = subject_of(source);
    let verdict = check(&subject).await.unwrap();
    let text = human::report(first(), &verdict, Path::new("nowhere"), false);
    (verdict, anstream::adapter::strip_str(&text).to_string())
}

#[tokio::test]
async fn it_does_not_compile() {
    let (verdict, text) = verdict_on("fn main() { let x: u8 = \"dark\"; }").await;
    assert!(matches!(verdict.status, Status::CompileError));
    assert!(text.contains("error[E0308]: mismatched types"), "{text}");
    assert!(text.contains("src/main.rs:1:25"), "{text}");
    assert!(text.contains("Begin with the first error"), "{text}");
}

#[tokio::test]
async fn it_exits_at_once() {
    let (verdict, text) = verdict_on("fn main() {}").await;
    assert_eq!(verdict.status, Status::Fail);
    assert!(
        text.contains("it ended by itself (exit status 0)"),
        "{text}"
    );
    assert!(text.contains("must keep running until Ctrl-C"), "{text}");
}

#[tokio::test]
async fn it_panics() {
    let (verdict, text) = verdict_on("fn main() {\n    None::<u8>.expect(\"a broker\");\n}").await;
    assert_eq!(verdict.status, Status::Fail);
    assert!(
        text.contains("it panicked: a broker (at src/main.rs:2:16)"),
        "{text}"
    );
}

#[tokio::test]
async fn it_says_and_does_what_is_meant_for_the_reader() {
    let (verdict, _) = verdict_on(
        r#"fn main() {
            let settings = nightlight::Settings::load().unwrap();
            let (host, port) = (settings.broker.host.clone(), settings.broker.port);
            let options = rumqttc::MqttOptions::new("x", host, port);
            let (client, mut connection) = rumqttc::Client::new(options, 10);
            let topic = format!("{}/\u{202e}x\n== evening, server: wire", settings.id);
            let _ = client.try_publish(topic, rumqttc::QoS::AtMostOnce, true, "");
            let _ = client.disconnect();
            for event in connection.iter() { if event.is_err() { break } }
            panic!("\u{1b}]0;owned\u{7}\u{202e}");
        }"#,
    )
    .await;
    let rows = verdict.criteria.iter();
    let said = rows.flat_map(|row| [&row.expected, &row.actual]).flatten();
    let all: Vec<&String> = said.chain([&verdict.transcript]).collect();
    let is_seen = |words: &str| all.iter().any(|text| text.contains(words));
    for words in ["owned", "== evening, server: wire"] {
        assert!(is_seen(words), "{all:#?}");
    }
    for text in all {
        let acts = |letter: char| match letter {
            '\n' | '\t' => false,
            letter => letter.is_control() || matches!(letter, '\u{202e}' | '\u{2066}'),
        };
        assert!(!text.contains(acts), "{text:?}");
        assert!(!text.contains("\n== evening, server"), "{text}");
    }
}

#[tokio::test]
async fn it_makes_a_library_panic() {
    let source = "fn main() {\n    \
                  let mut options = rumqttc::MqttOptions::new(\"x\", \"127.0.0.1\", 1);\n    \
                  options.set_keep_alive(std::time::Duration::from_millis(60));\n}";
    let (verdict, text) = verdict_on(source).await;
    assert_eq!(verdict.status, Status::Fail);
    // On one line, however wide the terminal is.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = format!("called at {}/src/main.rs:3:", first().folder);
    assert!(text.contains(&line), "{text}");
    assert!(text.contains("inside a library"), "{text}");
    assert!(
        !verdict.transcript.contains("backtrace"),
        "{}",
        verdict.transcript
    );
}

#[tokio::test]
async fn it_never_connects() {
    let (verdict, text) =
        verdict_on("fn main() { println!(\"MQTT connected!\"); loop { std::thread::park() } }")
            .await;
    assert_eq!(verdict.status, Status::Fail);
    assert!(text.contains("never opened a connection"), "{text}");
    assert!(text.contains("connection.iter()"), "{text}");
}

#[tokio::test]
async fn it_floods_its_output() {
    let (verdict, text) = verdict_on("fn main() { loop { println!(\"dark\") } }").await;
    assert_eq!(verdict.status, Status::ResourceLimit);
    assert!(text.contains("printed lines"), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn it_is_killed() {
    let (verdict, text) = verdict_on("fn main() { std::process::abort() }").await;
    assert_eq!(verdict.status, Status::Fail);
    assert!(text.contains("it was killed by signal 6"), "{text}");
}

#[tokio::test]
async fn it_is_not_there() {
    let empty = tempfile::TempDir::new().unwrap();
    let subject = Subject::Folder(empty.path().to_owned());
    let error = check(&subject).await.unwrap_err().to_string();
    let words = format!("has no {}/src/main.rs", first().folder);
    assert!(error.contains(&words), "{error}");
}
