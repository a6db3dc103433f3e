//! How long, and how many.

use super::*;

#[test]
fn the_pause_after_a_failure_is_in_milliseconds() {
    let desk = Desk::with_file("retry_ms = \"60000\"");
    let pause = |variables| desk.load(variables).unwrap().retry_pause;
    assert_eq!(pause(&[(ID, "ada")]), Duration::from_secs(60));
    let pause = pause(&[(ID, "ada"), (RETRY, " 250 ")]);
    assert_eq!(pause, Duration::from_millis(250));
}

#[test]
fn no_pause_at_all_is_refused() {
    for none in ["0", "-1", "1s", "0.5", "3600001", "99999999999999999999999"] {
        let error = Desk::new().error(&[(ID, "ada"), (RETRY, none)]);
        assert!(error.contains("variable NIGHTLIGHT_RETRY_MS"), "{error}");
        assert!(error.contains(&format!("is {none:?}")), "{error}");
        assert!(error.contains("1000 for a second"), "{error}");
    }
    let error = Desk::with_file("id = \"ada\"\nretry_ms = \"soon\"").error(&[]);
    assert!(error.contains("nightlight.toml:2 is \"soon\""), "{error}");
}

#[test]
fn how_long_a_goodbye_may_take_is_in_milliseconds() {
    let desk = Desk::with_file("goodbye_ms = \"5000\"");
    let goodbye = |variables| desk.load(variables).unwrap().goodbye;
    assert_eq!(goodbye(&[(ID, "ada")]), Duration::from_secs(5));
    let short = goodbye(&[(ID, "ada"), (GOODBYE, "300")]);
    assert_eq!(short, Duration::from_millis(300));

    let error = desk.error(&[(ID, "ada"), (GOODBYE, "0")]);
    assert!(error.contains("NIGHTLIGHT_GOODBYE_MS is \"0\""), "{error}");
    assert!(error.contains("2000 for two seconds"), "{error}");
}

#[test]
fn how_long_a_reading_counts_is_in_milliseconds() {
    let desk = Desk::with_file("stale_ms = \"20000\"");
    let stale_after = |variables| desk.load(variables).unwrap().stale_after;
    assert_eq!(stale_after(&[(ID, "ada")]), Duration::from_secs(20));
    let short = stale_after(&[(ID, "ada"), (STALE, "300")]);
    assert_eq!(short, Duration::from_millis(300));

    let error = desk.error(&[(ID, "ada"), (STALE, "0")]);
    assert!(error.contains("NIGHTLIGHT_STALE_MS is \"0\""), "{error}");
    assert!(error.contains("15000 for 15 seconds"), "{error}");
}

#[test]
fn as_many_readings_wait_as_one_message_holds() {
    let queue = |value| Desk::new().load(&[(ID, "ada"), (QUEUE, value)]);
    assert_eq!(queue("1").unwrap().queue, 1);
    assert_eq!(queue(" 200 ").unwrap().queue, 200);
    for bad in ["0", "201", "-1", "many", "1.5"] {
        let error = queue(bad).unwrap_err().to_string();
        let said = format!("NIGHTLIGHT_QUEUE is {bad:?}");
        assert!(error.contains(&said), "{error}");
        assert!(error.contains("1 to 200"), "{error}");
    }
}

#[test]
fn how_long_the_server_may_be_silent_is_in_milliseconds() {
    let desk = Desk::with_file("alone_ms = \"20000\"");
    let settings = desk.load(&[(ID, "ada")]).unwrap();
    assert_eq!(settings.alone_after, Duration::from_secs(20));

    let error = desk.error(&[(ID, "ada"), (ALONE, "soon")]);
    assert!(error.contains("NIGHTLIGHT_ALONE_MS is \"soon\""), "{error}");
    assert!(error.contains("15000 for 15 seconds"), "{error}");
}

#[test]
fn a_rest_after_a_task_is_five_seconds_at_most() {
    let desk = Desk::with_file("task_pause_ms = \"5000\"");
    let settings = desk.load(&[(ID, "ada")]).unwrap();
    assert_eq!(settings.task_pause, Duration::from_secs(5));

    for bad in ["0", "5001", "-1", "long", "1.5"] {
        let error = desk.error(&[(ID, "ada"), (TASK_PAUSE, bad)]);
        let said = format!("NIGHTLIGHT_TASK_PAUSE_MS is {bad:?}");
        assert!(error.contains(&said), "{error}");
        assert!(error.contains("1 to 5000"), "{error}");
    }
}
