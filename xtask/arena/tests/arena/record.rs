//! The record.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arena::record::{Budget, End, Event, Flood, Kind, Missed, Record, Stream};

use crate::LIMIT;

fn printed(text: &str) -> Event {
    Event::Printed {
        stream: Stream::Out,
        text: text.to_owned(),
    }
}

#[tokio::test]
async fn a_wait_for_nothing_says_how_long_it_was() {
    let record = Record::default();
    let missed = record
        .when(0, Duration::from_millis(1), |_| None::<()>)
        .await
        .unwrap_err();
    assert!(matches!(missed, Missed::TimeUp(_)));
}

#[tokio::test]
async fn a_spent_budget_ends_all_waits_and_keeps_nothing_more_but_the_end() {
    for (budget, text, expected) in [
        (
            Budget {
                entries: 100,
                ..Budget::SCENE
            },
            "x".to_owned(),
            Flood::Entries(100, Kind::PrintedLines),
        ),
        (
            Budget {
                kept: 100_000,
                ..Budget::SCENE
            },
            "x".repeat(10_000),
            Flood::Kept(100_000),
        ),
    ] {
        let record = Record::new(budget);
        for _ in 0..1_000 {
            record.push(Duration::ZERO, printed(&text));
        }
        assert_eq!(record.flooded(), Some(expected));
        assert_eq!(record.flood_begins().await, expected);
        assert!(record.len() <= 101, "{}", record.len());
        assert!(record.cost() < 110_000, "{}", record.cost());
        let missed = record.when(0, LIMIT, |_| None::<()>).await.unwrap_err();
        assert!(
            matches!(&missed, Missed::Ended(End::Flooded(flood)) if *flood == expected),
            "{missed:?}"
        );
        record.push(Duration::ZERO, Event::Ended(End::Stopped));
        let last = record.look(|entries| entries.last().map(|entry| entry.event.clone()));
        assert!(matches!(last, Some(Event::Ended(End::Stopped))), "{last:?}");
    }
}

#[test]
fn a_flood_that_was_taken_out_is_over() {
    let record = Record::new(Budget {
        entries: 2,
        ..Budget::FOLLOWED
    });
    for _ in 0..5 {
        record.push(Duration::ZERO, printed("x"));
    }
    assert!(record.flooded().is_some());
    assert_eq!(record.take_until(Instant::now()).len(), 3);
    assert_eq!((record.flooded(), record.cost()), (None, 0));
    record.push(Duration::ZERO, printed("x"));
    assert_eq!(record.len(), 1);
}

#[test]
fn a_frozen_record_does_not_change() {
    let record = Record::default();
    record.push(Duration::ZERO, printed("before"));
    let frozen = record.freeze();
    record.push(Duration::ZERO, printed("after"));
    assert_eq!((frozen.len(), record.len()), (1, 2));
    drop(frozen);
    let again = record.freeze();
    assert_eq!(again.len(), 2);
}

/// Whoever looks holds up whoever adds: a slow look at each of many entries must not stretch a
/// flood to many times its length.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_looks_do_not_hold_up_a_flood() {
    const LOOK: Duration = Duration::from_millis(5);
    const ENTRIES: usize = 40_000;
    let record = Arc::new(Record::default());
    let adding = tokio::spawn({
        let record = Arc::clone(&record);
        async move {
            for _ in 0..ENTRIES {
                record.push(Duration::ZERO, printed("x"));
                tokio::task::yield_now().await;
            }
            record.push(Duration::ZERO, Event::Ended(End::Stopped));
        }
    });
    let mut looks = 0;
    let waited = record.when(0, LIMIT, |_| {
        looks += 1;
        std::thread::sleep(LOOK);
        None::<()>
    });
    assert!(matches!(waited.await, Err(Missed::Ended(End::Stopped))));
    adding.await.unwrap();
    assert!(looks < 100, "{looks} looks at {ENTRIES} entries");
}
