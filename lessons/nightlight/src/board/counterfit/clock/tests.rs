use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Instant;

use embedded_hal::delay::DelayNs;

use super::super::fake_board::{Answer, FakeBoard, ok};
use super::*;
use crate::{BoardDelay, BoardError};

/// A board that answers a wait with this status.
fn board_with_clock(status: u16) -> (FakeBoard, BoardDelay) {
    let fake = FakeBoard::start(move |request| {
        assert!(request.starts_with("POST /nightlight/wait {"), "{request}");
        match status {
            0 => Answer::HangUp,
            status => Answer::Reply(status, String::new()),
        }
    });
    let clock = VirtualClock::new(Http::new(fake.url()));
    (fake, BoardDelay::by(clock))
}

#[test]
fn a_delay_ends_when_the_board_says_that_the_time_has_passed() {
    let (fake, mut delay) = board_with_clock(200);
    delay.delay_ms(1_000);
    delay.delay_us(20);
    delay.delay_ns(30);
    // Fifty days, in one piece.
    delay.delay_ms(u32::MAX);
    let requests = [1_000_000_000, 20_000, 30, 4_294_967_295_000_000_u64]
        .map(|ns| format!("POST /nightlight/wait {{\"ns\":{ns}}}"));
    assert_eq!(fake.requests(), requests);
}

#[test]
fn no_delay_asks_nobody() {
    let (fake, mut delay) = board_with_clock(200);
    delay.delay_ms(0);
    assert!(fake.requests().is_empty());
}

#[test]
fn without_a_clock_on_the_board_a_delay_takes_real_time() {
    for status in [404, 500, 204, 0] {
        let (_fake, mut delay) = board_with_clock(status);
        let start = Instant::now();
        delay.delay_ms(20);
        assert!(start.elapsed() >= Duration::from_millis(20), "{status}");
    }
}

#[test]
fn a_board_that_has_no_clock_is_asked_once_and_one_in_trouble_each_time() {
    for (status, asked) in [(404, 1), (500, 3), (204, 3), (0, 3)] {
        let (fake, mut delay) = board_with_clock(status);
        let mut second = delay.clone();
        delay.delay_ns(1);
        delay.delay_ns(1);
        second.delay_ns(1);
        assert_eq!(fake.requests().len(), asked, "{status}");
    }
}

#[test]
fn the_board_may_take_longer_for_a_wait_than_for_anything_else() {
    let (waits, has_waited) = mpsc::channel();
    let (let_go, is_let_go) = mpsc::channel();
    let is_let_go = Mutex::new(is_let_go);
    let fake = FakeBoard::start(move |request| {
        if !request.starts_with("POST /nightlight/wait") {
            return Answer::Silence;
        }
        waits.send(()).unwrap();
        is_let_go.lock().unwrap().recv().unwrap();
        ok("")
    });
    let http = Http::with_patience(fake.url(), Duration::from_millis(200));
    let clock = VirtualClock::new(http.clone());
    let waiting = thread::spawn(move || clock.wait(Duration::from_secs(1)));

    has_waited.recv().unwrap();
    // By the time that this later request is given up, the wait would have been given up too.
    assert!(matches!(http.get("/"), Err(BoardError::NotThere { .. })));
    let_go.send(()).unwrap();
    assert!(waiting.join().unwrap());
}
