//! Right pages pass, and wrong ones are told what is wrong with them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use browser::{Chromium, NoChromium, check};
use course::starters;
use course::verdict::{Status, Verdict};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Fixed, so that a failure can be repeated.
const SEED: u64 = 2026;

/// Browsers at once: most of their time goes into starting them.
const AT_ONCE: usize = 5;

/// What stands in the solution, what stands there instead, the criterion that fails first, and words
/// of its hint.
type Mistake = (&'static str, &'static str, &'static str, &'static str);

const MISTAKES: [Mistake; 15] = [
    (
        "mqtt.connect(broker",
        "mqtt.conect(broker",
        "connects",
        "stops at that error",
    ),
    (
        "<script src=",
        "<script data-src=",
        "connects",
        "The library is not there",
    ),
    (
        "clientId: `${id}my_page`, ",
        "",
        "client-name",
        "The option is `clientId`",
    ),
    (
        "my_page",
        "nightlight_server",
        "client-name",
        "throw each other out",
    ),
    (
        "`${id}/telemetry`",
        "`${id}/#`",
        "subscribes",
        "A wildcard hears",
    ),
    (
        "`${id}/telemetry`",
        "\"${id}/telemetry\"",
        "subscribes",
        "between backticks",
    ),
    (
        "JSON.parse(payload).light",
        "JSON.parse(payload)",
        "shows",
        "The level is its `light`",
    ),
    (
        "catch {",
        "catch (error) { throw error;",
        "survives",
        "A payload can be anything",
    ),
    (
        "JSON.stringify({ led_on: on })",
        "JSON.stringify({ led_on: on }), { retain: true }",
        "switches-on",
        "kept by the broker",
    ),
    (
        "() => command(true)",
        "() => { command(true); command(true); }",
        "switches-on",
        "One click, one command",
    ),
    (
        "JSON.stringify({ led_on: on })",
        "`led_on: ${on}`",
        "switches-on",
        "A command is JSON",
    ),
    (
        "command(false)",
        "command(true)",
        "switches-off",
        "`led_on` says the other",
    ),
    (
        "show(JSON.parse(payload).light);",
        "show(JSON.parse(payload).light); command(JSON.parse(payload).light < 300);",
        "quiet",
        "Only a click publishes",
    ),
    (
        "client.on(\"connect\"",
        "client.once(\"connect\"",
        "returns",
        "Subscribe after each CONNACK",
    ),
    (
        "resubscribe: false",
        "reconnectPeriod: 0",
        "returns",
        "`reconnectPeriod` is 0",
    ),
];

/// The browser. Where it is to be had, a test that skips is a test that fails.
fn chromium() -> Option<Chromium> {
    let found = Chromium::find();
    if found.is_err() {
        let must = std::env::var_os("NIGHTLIGHT_NO_SKIP").is_some();
        assert!(!must, "{NoChromium}");
        eprintln!("SKIPPED: {NoChromium}");
    }
    found.ok()
}

fn solutions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../solutions")
}

/// The finished page, without its anchors.
fn solution() -> String {
    let page = course::page();
    let file = solutions().join(&page.folder).join("index.html");
    starters::finished(&file).unwrap()
}

async fn judged(chromium: &Chromium, page: &str) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), page).unwrap();
    check(chromium, folder.path(), SEED).await.unwrap()
}

fn failed(verdict: &Verdict) -> Vec<&str> {
    verdict.failed().map(|row| row.id.as_str()).collect()
}

#[test]
fn the_chapter_shows_the_solution() {
    let chapter = solutions()
        .join("../book/src")
        .join(&course::page().chapter);
    let chapter = std::fs::read_to_string(chapter).unwrap();
    assert!(chapter.contains(&format!("```html\n{}```", solution())));
}

/// The program's exit status and what it says when the machine has no browser in its `PATH`.
#[cfg(target_os = "linux")]
#[test]
fn without_a_browser_it_says_what_to_install() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_browser"))
        .args(["browser", "--solutions"])
        .current_dir(solutions())
        .env("PATH", "")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("apt install chromium"), "{said}");
}

#[tokio::test]
async fn right_pages_pass() {
    let Some(chromium) = chromium() else { return };
    for page in [&solution(), include_str!("right/module.html")] {
        let verdict = judged(&chromium, page).await;
        assert_eq!(verdict.status, Status::Pass, "{:#?}", verdict.criteria);
        assert_eq!(verdict.points, course::page().max_points());
    }
}

#[tokio::test]
async fn the_starter_fails_for_what_is_to_be_written_first() {
    let Some(chromium) = chromium() else { return };
    let starters = starters::of_page(&solutions()).unwrap();
    let [starter] = starters.as_slice() else {
        panic!("{starters:?}");
    };
    let verdict = judged(&chromium, &starter.text).await;
    assert_eq!(failed(&verdict), course::page().starter_fails);
    assert_eq!(
        verdict.criteria[0].actual.as_deref(),
        Some("none"),
        "no error"
    );
}

#[tokio::test]
async fn wrong_pages_are_told_what_is_wrong() {
    let Some(chromium) = chromium() else { return };
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut pages = JoinSet::new();
    for mistake in MISTAKES {
        let (chromium, room) = (chromium.clone(), Arc::clone(&room));
        pages.spawn(async move {
            let _place = room.acquire().await.unwrap();
            caught(&chromium, mistake).await
        });
    }
    let surprises: Vec<String> = pages.join_all().await.into_iter().flatten().collect();
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

/// Nothing, if the mistake is told as it should be.
async fn caught(chromium: &Chromium, (right, wrong, id, words): Mistake) -> Option<String> {
    let solution = solution();
    assert!(solution.contains(right), "the solution has no {right}");
    let verdict = judged(chromium, &solution.replacen(right, wrong, 1)).await;
    let first = verdict.failed().next();
    let hint = first.and_then(|row| row.hint.as_deref());
    let is_told =
        first.is_some_and(|row| row.id == id) && hint.is_some_and(|it| it.contains(words));
    (!is_told).then(|| format!("{wrong}: it fails {:?}: {first:#?}", failed(&verdict)))
}
