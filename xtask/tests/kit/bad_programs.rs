//! Programs that do not behave like programs: each is told what happened to it.

use checks::subject::Subject;
use course::verdict::{Status, Verdict};

use super::{check, failures, step, subject_of};

async fn verdict_on(source: &str) -> (Verdict, String) {
    let (_folder, subject) = subject_of(1, source);
    let verdict = check(&subject, 1, 3).await;
    let text =
        xtask::report::human::report(step(1), &verdict, std::path::Path::new("nowhere"), false);
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
    let broker = Default::default();
    let root = super::root();
    let checked = checks::play::compile_and_play(&root, &subject, step(1), 1, &broker).await;
    let error = checked.unwrap_err().to_string();
    assert!(
        error.contains("has no step1-connect/src/main.rs"),
        "{error}"
    );
}

/// The solution but for one thing: it sleeps by the machine's clock instead of the board's.
#[tokio::test]
async fn real_sleep_is_slower_and_as_good() {
    let file = super::root().join("solutions/step1-connect/src/main.rs");
    let source = std::fs::read_to_string(file).unwrap();
    let source = source
        .replace(
            "board.delay.delay_ms(1_000);",
            "thread::sleep(Duration::from_secs(1));",
        )
        .replace("use embedded_hal::delay::DelayNs;\n", "");
    let (_folder, subject) = subject_of(1, &source);
    let verdict = check(&subject, 1, 3).await;
    assert_eq!(verdict.status, Status::Pass, "{:#?}", failures(&verdict));
}
