//! Supervised processes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use arena::process::{Launch, Supervised};
use arena::record::{Budget, End, Event, Flood, Kind, Missed, Record};
use tempfile::TempDir;

use crate::LIMIT;

/// Of `sh`, which every Unix has.
fn script(text: &str, folder: &Path) -> Launch {
    Launch {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), text.into()],
        environment: BTreeMap::new(),
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
    command.current_dir(folder).arg("-c").arg(
        "exec 2>/dev/null; trap 'touch asked; exit' TERM; echo ready; while :; do sleep 0.01; done",
    );
    let record = Arc::<Record>::default();
    let process =
        Supervised::start_contained(command, Arc::default(), Arc::clone(&record)).unwrap();
    (process, record)
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
