//! Supervised processes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use arena::process::{Delivery, Launch, Supervised};
use arena::record::{Budget, End, Event, Flood, Kind, Missed, Record};
use tempfile::TempDir;

use crate::LIMIT;

/// Of `sh`, which every Unix has.
fn script(text: &str, folder: &Path) -> Launch {
    Launch {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), text.into()],
        delivery: Delivery::Environment,
        settings: BTreeMap::new(),
        folder: folder.to_owned(),
    }
}

async fn end(record: &Record) -> End {
    let ended = record.when(0, LIMIT, |entries| {
        entries.iter().find_map(|entry| match &entry.event {
            Event::Ended(end) => Some(end.clone()),
            _ => None,
        })
    });
    // A flood ends the wait too, a moment before the process does.
    match ended.await {
        Ok(end) | Err(Missed::Ended(end)) => end,
        Err(missed) => panic!("{missed}"),
    }
}

#[tokio::test]
async fn the_output_cap_is_for_both_streams_together() {
    const CAP: usize = 10_000;
    let folder = TempDir::new().unwrap();
    let record = Arc::<Record>::default();
    // Each stream alone stays below the cap.
    let half = "head -c 7000 /dev/zero | tr '\\0' '\\n'";
    let text = format!("{half}; {half} >&2; sleep 100");
    let mut process = Supervised::start_with_cap(
        &script(&text, folder.path()),
        Arc::default(),
        Arc::clone(&record),
        CAP,
    )
    .unwrap();
    assert_eq!(end(&record).await, End::Flooded(Flood::Printed(CAP)));
    process.kill().await;
}

#[tokio::test]
async fn a_program_is_ended_when_its_record_floods() {
    let folder = TempDir::new().unwrap();
    let record = Arc::new(Record::new(Budget {
        entries: 1_000,
        ..Budget::SCENE
    }));
    let mut process = Supervised::start(
        &script("while :; do echo; done", folder.path()),
        Arc::default(),
        Arc::clone(&record),
    )
    .unwrap();
    assert_eq!(
        end(&record).await,
        End::Flooded(Flood::Entries(1_000, Kind::PrintedLines))
    );
    process.kill().await;
    let last = record.look(|entries| entries.last().unwrap().event.clone());
    assert!(
        matches!(last, Event::Ended(End::Flooded(_))),
        "the end is noted too: {last:?}"
    );
}

/// A wrapper that leaves a file when it is asked to end, and the record of it. The shell would say
/// on stderr that its `sleep` was ended too, and nobody reads that any more.
fn wrapper(folder: &Path) -> (Supervised, Arc<Record>) {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(
        "exec 2>/dev/null; trap 'touch asked; exit' TERM; echo ready; while :; do sleep 0.01; done",
    );
    let record = Arc::<Record>::default();
    let (clock, told) = (Arc::default(), Arc::clone(&record));
    let process = Supervised::start_contained(command, &script("", folder), clock, told);
    (process.unwrap(), record)
}

async fn ready(record: &Record) {
    let printed = |event: &Event| matches!(event, Event::Printed { .. });
    let ready = record.when(0, LIMIT, |entries| {
        entries
            .iter()
            .any(|entry| printed(&entry.event))
            .then_some(())
    });
    ready.await.unwrap();
}

#[tokio::test]
async fn a_dropped_wrapper_is_asked_to_end() {
    let folder = TempDir::new().unwrap();
    let (process, record) = wrapper(folder.path());
    ready(&record).await;
    drop(process);
    assert_eq!(end(&record).await, End::Stopped);
    assert!(folder.path().join("asked").exists());
}

#[test]
fn a_wrapper_is_asked_to_end_when_the_runtime_goes() {
    let folder = TempDir::new().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let process = runtime.block_on(async {
        let (process, record) = wrapper(folder.path());
        ready(&record).await;
        process
    });
    drop(runtime);
    drop(process);
    assert!(folder.path().join("asked").exists());
}

/// Waits until a line with these words was printed.
async fn printed(record: &Record, words: &str) {
    let found = record.when(0, LIMIT, |entries| {
        let is = |event: &Event| matches!(event, Event::Printed { text, .. } if text == words);
        entries.iter().any(|entry| is(&entry.event)).then_some(())
    });
    found
        .await
        .unwrap_or_else(|missed| panic!("{words}: {missed}"));
}

#[tokio::test]
async fn settings_come_over_a_serial_line_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    let text = "while read line && [ -n \"$line\" ]; do echo \"set $line\"; done; \
                echo \"by environment: $NIGHTLIGHT_ID\"; read more; echo \"then $more\"; exec sleep 60";
    let settings = BTreeMap::from([
        ("NIGHTLIGHT_ID", "ab12".to_owned()),
        ("NIGHTLIGHT_RETRY_MS", "50".to_owned()),
    ]);
    let start = |delivery| {
        let record = Arc::<Record>::default();
        let launch = Launch {
            delivery,
            settings: settings.clone(),
            ..script(text, folder.path())
        };
        let process = Supervised::start(&launch, Arc::default(), Arc::clone(&record)).unwrap();
        (process, record)
    };
    let (serial, record) = start(Delivery::Serial);
    printed(&record, "set NIGHTLIGHT_ID=ab12").await;
    printed(&record, "set NIGHTLIGHT_RETRY_MS=50").await;
    printed(&record, "by environment: ").await;
    serial.type_line("state on");
    printed(&record, "then state on").await;

    for (delivery, id) in [(Delivery::Environment, "ab12"), (Delivery::Baked, "")] {
        let (process, record) = start(delivery);
        process.type_line("");
        printed(&record, &format!("by environment: {id}")).await;
    }
}

#[tokio::test]
async fn a_program_that_leaves_when_it_is_asked_is_told_from_one_that_stays() {
    // A shell cannot trap what it inherits as ignored, as a script's background has it. Whoever
    // listens hands on the default.
    let interrupt = tokio::signal::unix::SignalKind::interrupt();
    let _listening = tokio::signal::unix::signal(interrupt).unwrap();
    let folder = TempDir::new().unwrap();
    for (trap, expected) in [("exit 3", End::Left(Some(3))), (":", End::Stopped)] {
        let text = format!("trap '{trap}' INT; echo ready; while :; do sleep 0.01; done");
        let record = Arc::<Record>::default();
        let launch = script(&text, folder.path());
        let mut process = Supervised::start(&launch, Arc::default(), Arc::clone(&record)).unwrap();
        ready(&record).await;
        process.stop().await;
        assert_eq!(end(&record).await, expected);
    }
}
