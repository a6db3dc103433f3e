//! The server alone: messages of devices in, readings shown, answers and commands out.

mod runs;

use arena::peer::Peer;
use course::SERVER;

use super::exchange::{
    self, ANSWERS, Broken, ONCE, agrees, answers, judge_at_rest, tell, unanswered,
};
use super::message::Message;
use crate::actor::{Actor, PROMPT};
use crate::call::levels;
use crate::findings::hearing::all_at_once_of;
use crate::findings::introduction::arrive;
use crate::findings::missed;
use crate::findings::payload;
use crate::findings::subscription::{SUBSCRIBES, listens, nothing_else, subscribed};
use crate::scenario::connect::SLOW_ANSWER;
use crate::scenario::server::{comes_back, goes_away};
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

pub use runs::runs;

/// Many messages at once.
const BURST: &str = "burst";
/// Also after a restart of the broker.
const ANSWERS_AGAIN: &str = "server-answers-again";

/// How many messages come all at once: with an answer and a command each they fill any outbox that
/// was made for one.
const BURST_OF: usize = 30;

/// Devices as a server hears them: messages with levels of which no two are alike.
pub(super) struct Devices {
    levels: std::vec::IntoIter<u16>,
    dice: fastrand::Rng,
    sent: usize,
}

impl Devices {
    /// Levels that cannot be taken for a number of a reading.
    pub fn new(stage: &mut Stage) -> Self {
        Self::seeing(stage, 160..1023)
    }

    /// In the light, where each command is the same.
    pub fn in_the_light(stage: &mut Stage) -> Self {
        Self::seeing(stage, 301..1023)
    }

    fn seeing(stage: &mut Stage, range: std::ops::Range<u16>) -> Self {
        let levels = levels(&mut stage.dice, range);
        Self {
            levels: levels.into_iter(),
            dice: stage.dice.fork(),
            sent: 0,
        }
    }

    /// Another run. Every other digit of it is a letter: whoever names a run shows no level by that.
    pub fn run(&mut self) -> String {
        const LETTERS: u64 = 0x0a0a_0a0a_0a0a_0a0a;
        format!("{:016x}", self.dice.u64(..) | LETTERS)
    }

    /// A message with these numbers, and levels that nobody has told yet.
    pub fn message(&mut self, run: &str, numbers: impl IntoIterator<Item = u64>) -> Message {
        let numbers = numbers.into_iter();
        let readings = numbers.map(|seq| (seq, u64::from(self.levels.next().unwrap_or(1_023))));
        Message {
            run: run.to_owned(),
            readings: readings.collect(),
        }
    }

    /// The level of the next reading.
    pub fn next_is(&mut self, dark: bool) {
        let at = self.levels.as_slice().iter();
        let at = at.clone().position(|level| (*level < 300) == dark);
        let mut rest: Vec<u16> = self.levels.as_slice().to_vec();
        rest.swap(0, at.unwrap_or_default());
        self.levels = rest.into_iter();
    }

    /// A payload, spelt in another way than the one before.
    pub fn spelt(&mut self, message: &Message) -> String {
        self.sent += 1;
        message.spelt(self.sent - 1)
    }
}

/// What one message has in it: of which run, and which numbers.
type Line = (usize, &'static [u64]);

/// What happens: as a device tells it whose answers get lost, whose messages come twice and late.
const STORY: &[Line] = &[
    (0, &[1]),
    (0, &[2]),
    // The answer was lost: the same, and more.
    (0, &[2, 3]),
    (0, &[2, 3, 4, 5]),
    // Doubled.
    (0, &[2, 3, 4, 5]),
    (0, &[6]),
    // Late.
    (0, &[2, 3]),
    (0, &[6]),
    (0, &[7, 8, 9, 10, 11, 12]),
    // Two were dropped, because the queue was full.
    (0, &[15, 16]),
    // And here they are after all, too late.
    (0, &[13, 14]),
    (0, &[13, 14, 15, 16, 17]),
    // Started anew, without a file.
    (1, &[1]),
    // Late, of the old run.
    (0, &[15, 16, 17]),
    (1, &[1, 2]),
    (2, &[1, 2, 3]),
    (1, &[2]),
    (2, &[4]),
    (0, &[18]),
    // As light as the one before.
    (0, &[19]),
    (0, &[19]),
    (0, &[20]),
    // The edge of the night.
    (0, &[EDGE]),
];

/// The reading that is as light as the one before.
const SAME: u64 = 19;

/// The reading that is exactly where the night begins.
const EDGE: u64 = 21;

/// How much of it the transcript shows.
const TOLD: usize = 9;

/// One device, as hard times make it speak.
pub async fn showing(stage: &mut Stage) -> Result<(), Stop> {
    let mut devices = Devices::new(stage);
    let device = stage.peer().await?;
    let server = stage.prepare(SERVER, &[]).await?;
    server.line.answer_late(SLOW_ANSWER);
    server.redact(|redaction| redaction.no_console());
    stage.start(&server).await?;
    arrive(stage, &server).await?;
    let subscription = subscribed(&server, 0, "telemetry").await;
    stage.insist(&server, SUBSCRIBES, subscription)?;
    story(stage, &server, &device, &mut devices).await?;
    stage.judge_seen(&server, SUBSCRIBES, nothing_else(&server, 0, "telemetry"));
    server.leave().await;
    let foreign = |entries: &[_]| payload::foreign(entries, &server.id, "replies");
    let found = server.record.look(foreign);
    stage.judge_seen(&server, ANSWERS, found);
    agrees(stage, &server).await
}

async fn story(
    stage: &mut Stage,
    server: &Actor,
    device: &Peer,
    devices: &mut Devices,
) -> Result<(), Stop> {
    let runs = [devices.run(), devices.run(), devices.run()];
    // What was told under a number stays so.
    let mut known: Vec<Message> = Vec::new();
    for (place, (run, numbers)) in STORY.iter().enumerate() {
        // Dark and bright take turns, so that an older reading decides otherwise.
        let mut message = Message {
            run: runs[*run].clone(),
            readings: Vec::new(),
        };
        for number in *numbers {
            let before = known
                .iter()
                .filter(|known| known.run == message.run)
                .flat_map(|known| &known.readings)
                .find(|(seq, _)| *seq == if *number == SAME { SAME - 1 } else { *number });
            let reading = match before {
                Some((_, light)) => (*number, *light),
                None if *number == EDGE => (EDGE, 300),
                None => {
                    devices.next_is(number % 2 == 0);
                    devices.message(&message.run, [*number]).readings[0]
                }
            };
            message.readings.push(reading);
        }
        let payload = devices.spelt(&message);
        if let Err(why) = tell(server, device, payload).await? {
            let broken = unanswered(server, &why);
            return Err(stops(stage, server, broken));
        }
        known.push(message);
        agrees(stage, server).await?;
        if place == TOLD {
            let rest = server.record.len()..usize::MAX;
            server.redact(|redaction| redaction.leave_out(rest));
        }
    }
    Ok(())
}

fn stops(stage: &mut Stage, server: &Actor, (rule, finding): Broken) -> Stop {
    stage.stop(server, rule, finding)
}

/// Tells a message, and waits for its answer.
async fn next(
    stage: &mut Stage,
    server: &Actor,
    device: &Peer,
    message: &Message,
) -> Result<(), Stop> {
    match tell(server, device, message.spelt(0)).await? {
        Ok(()) => Ok(()),
        Err(why) => {
            let (rule, finding) = unanswered(server, &why);
            Err(stage.stop(server, rule, finding))
        }
    }
}

/// Many messages at once, and each with something new in it.
pub async fn burst(stage: &mut Stage) -> Result<(), Stop> {
    let mut devices = Devices::new(stage);
    let device = stage.peer().await?;
    let server = stage.enter(SERVER, &[]).await?;
    server.redact(|redaction| redaction.nothing());
    listens(stage, &server, "telemetry").await?;
    let run = devices.run();
    let first = devices.message(&run, [1]);
    next(stage, &server, &device, &first).await?;
    if exchange::judge_at_rest(&server).await.is_err() {
        // That is told elsewhere.
        return Err(Stop::Program);
    }
    let messages = (2..2 + BURST_OF as u64).map(|number| devices.message(&run, [number]));
    let messages: Vec<String> = messages.map(|message| message.spelt(0)).collect();
    let start = server.record.len();
    all_at_once_of(&server, &device, &stage.topic("telemetry"), &messages).await?;
    let all = server.record.when(start, PROMPT, |entries| {
        (answers(entries, &server) >= BURST_OF).then_some(())
    });
    let found = all.await.map_err(|why| {
        let answers = server
            .record
            .look(|entries| answers(&entries[start..], &server));
        let expected = format!("{BURST_OF} messages that came all at once, answered");
        let finding = missed(&server.record, expected, &why);
        Finding {
            actual: format!("{answers} answers; {}", finding.actual),
            ..finding
        }
    });
    stage.insist(&server, BURST, found)?;
    if let Err((_, finding)) = judge_at_rest(&server).await {
        return Err(stage.stop(&server, BURST, finding));
    }
    Ok(())
}

/// The broker restarts; the server must answer again, and has forgotten nothing.
pub async fn restart(stage: &mut Stage) -> Result<(), Stop> {
    let mut devices = Devices::in_the_light(stage);
    let server = stage.enter(SERVER, &[]).await?;
    server.redact(|redaction| redaction.no_console());
    listens(stage, &server, "telemetry").await?;
    let device = stage.peer().await?;
    let run = devices.run();
    let mut message = devices.message(&run, 1..=2);
    next(stage, &server, &device, &message).await?;
    if judge_at_rest(&server).await.is_err() {
        return Err(Stop::Program);
    }
    let device = comes_back(stage, &server, ANSWERS_AGAIN).await?;
    message.readings.extend(devices.message(&run, [3]).readings);
    for _ in 0..2 {
        if let Err(why) = tell(&server, &device, message.spelt(0)).await? {
            let finding = missed(&server.record, "an answer to the next message", &why);
            return Err(stage.stop(&server, ANSWERS_AGAIN, finding));
        }
    }
    match judge_at_rest(&server).await {
        Ok(()) => {}
        Err((ONCE, finding)) => {
            let hint = "It has forgotten what it showed when the line broke. What a run's last number \
                        was is to be known as long as the server runs.";
            return Err(stage.stop(&server, ONCE, finding.hint(hint)));
        }
        Err(broken) => return Err(stops(stage, &server, broken)),
    }
    goes_away(stage, &server).await
}
