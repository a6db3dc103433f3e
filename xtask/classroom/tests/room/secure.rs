//! Step 9's programs in the room: their own encryption, a real Mosquitto, and its rights.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;

use arena::board::VirtualBoard;
use arena::clock::Clock;
use arena::record::{Entry, Event, Record};
use checks::compile::compile;
use checks::subject::Subject;
use course::{DEVICE, SERVER, Step, steps};

use crate::served::Room;
use crate::{LIMIT, line_with, skipped};

/// Low enough for any LED.
const DARK: u16 = 20;

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A device's board, and its time.
struct Bench {
    clock: Arc<Clock>,
    record: Arc<Record>,
    board: VirtualBoard,
}

impl Bench {
    async fn new() -> Self {
        let (clock, record) = (Arc::<Clock>::default(), Arc::<Record>::default());
        let board = VirtualBoard::start(Arc::clone(&clock), Arc::clone(&record)).await;
        let board = board.unwrap();
        board.script_light([DARK]);
        Self {
            clock,
            record,
            board,
        }
    }

    /// Round after round, until the LED is on.
    async fn shines(&self) {
        let is_lit = |entry: &Entry| matches!(entry.event, Event::Led(true));
        loop {
            let turn = self.record.when(0, LIMIT, |entries| {
                let lit = entries.iter().any(is_lit);
                (lit || self.clock.is_waited_on()).then_some(lit)
            });
            if turn.await.unwrap() {
                break;
            }
            self.clock.advance();
        }
    }
}

async fn programs() -> (PathBuf, PathBuf) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let encrypts = |step: &&Step| step.tls;
    let step = steps().iter().find(encrypts).unwrap();
    let built = compile(root.unwrap(), &Subject::Solutions, step).await;
    let built = built.unwrap();
    let program = |wanted| {
        let mut all = built.programs.iter();
        all.find(|(id, _)| *id == wanted).unwrap().1.clone()
    };
    (program(DEVICE), program(SERVER))
}

#[tokio::test]
async fn step_9s_programs_encrypt_for_themselves() {
    if skipped() {
        return;
    }
    let (device, server) = programs().await;
    let room = Room::open();
    let bench = Bench::new().await;
    let _server = Running(room.command(&server, "ada").spawn().unwrap());
    let mut device = room.command(&device, "ada");
    device.env("NIGHTLIGHT_BOARD", bench.board.url());
    let _device = Running(device.spawn().unwrap());
    tokio::time::timeout(LIMIT, bench.shines()).await.unwrap();
}

/// Bob's id with Ada's login: the room lets her in, and drops what she says.
#[tokio::test]
async fn step_9s_device_says_that_nobody_answers_where_it_may_not_speak() {
    if skipped() {
        return;
    }
    let (device, _) = programs().await;
    let room = Room::open();
    let bench = Bench::new().await;
    let mut device = room.command(&device, "ada");
    device
        .env("NIGHTLIGHT_BOARD", bench.board.url())
        .env("NIGHTLIGHT_ID", "bob")
        .env("NIGHTLIGHT_ALONE_MS", "1");
    let mut device = Running(device.spawn().unwrap());
    let mut errors = device.0.stderr.take().unwrap();
    let said = tokio::task::spawn_blocking(move || line_with(&mut errors, "May both publish"));
    let end = tokio::time::Instant::now() + LIMIT;
    while !said.is_finished() {
        assert!(tokio::time::Instant::now() < end, "not a word");
        let turn = bench.record.when(0, LIMIT, |_| {
            (bench.clock.is_waited_on() || said.is_finished()).then_some(())
        });
        turn.await.unwrap();
        bench.clock.advance();
    }
}

/// The authority of the room next door.
#[tokio::test]
async fn step_9s_server_does_not_believe_another_room() {
    if skipped() {
        return;
    }
    let (_, server) = programs().await;
    let (room, other) = (Room::open(), Room::open());
    let mut server = room.command(&server, "ada");
    server.env("NIGHTLIGHT_BROKER_CA", other.folder.join("authority.pem"));
    let mut server = Running(server.spawn().unwrap());
    let said = line_with(server.0.stderr.as_mut().unwrap(), "certificate is refused");
    assert!(said.contains("no authority that we know"), "{said}");
}
