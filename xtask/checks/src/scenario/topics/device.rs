//! The device alone: its light level on a topic of its own, and its presence.

use arena::peer::{Message, Peer};
use arena::record::Entry;
use course::DEVICE;
use rumqttc::QoS;
use rumqttc::mqttbytes::v4;

use crate::actor::{Actor, PROMPT};
use crate::call::levels;
use crate::findings::introduction::arrive;
use crate::findings::lamp::{self, Lamp};
use crate::findings::presence::{self, CORRECTS, OFFLINE, ONLINE, SAYS_OFFLINE, SAYS_ONLINE, WILL};
use crate::findings::readings::{self, TELLS};
use crate::findings::subscription::{self, SUBSCRIBES, nothing_else, subscribed};
use crate::findings::{missed, outage};
use crate::queries::{self, Pacing};
use crate::scenario::connect::{OFFLINE as DARK_WITHOUT, SLOW_ANSWER, alone_at_first};
use crate::stage::{Stage, Stop};

/// How many readings are waited for.
const READINGS: usize = 12;

/// How many, when the program sleeps in real time between them.
const READINGS_IN_REAL_TIME: usize = 1;

/// What somebody may say on a status that is no news about the device.
const NONSENSE: [&[u8]; 8] = [
    b"hello",
    b"",
    b"OFFLINE",
    b"offline ",
    b"\"offline\"",
    br#"{"status":"offline"}"#,
    b"\xff\xfe",
    b"online",
];

/// It comes online, tells its light level, and is said to be gone while it is not.
pub(super) async fn presence(stage: &mut Stage) -> Result<(), Stop> {
    let levels = levels(&mut stage.dice, 0..1023);
    let device = stage.prepare(DEVICE, &levels).await?;
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
        redaction.no_readings();
        redaction.uncrossed();
    });
    device.line.answer_late(SLOW_ANSWER);
    stage.start(&device).await?;
    arrive(stage, &device).await?;
    tells(stage, &device).await?;
    stage.insist(&device, WILL, presence::wills(&device))?;
    came(stage, &device, 0).await?;

    let stranger = stage.peer().await?;
    let mut shown = 0;
    for round in 0..3 {
        if round == 1 {
            shown = device.record.len();
        }
        for nonsense in NONSENSE {
            stranger.publish(&status(stage), nonsense).await?;
        }
        // Retained or not: to who has subscribed before, it is news.
        let message = Message::new(status(stage), OFFLINE);
        let message = if round == 1 {
            message.retained()
        } else {
            message
        };
        corrected(stage, &device, &stranger, message).await?;
    }
    stage.judge(&device, CORRECTS, presence::only_when_asked(&device));
    let rest = device.record.len();
    device.redact(|redaction| redaction.leave_out(shown..rest));
    let told = readings::one_more(&device, device.record.len()).await;
    stage.judge_seen(
        &device,
        TELLS,
        told.map(drop).map_err(|(_, finding)| finding),
    );
    leaves(stage, &device).await?;
    stage.judge_seen(&device, CORRECTS, presence::only_when_asked(&device));
    stage.judge_seen(
        &device,
        SUBSCRIBES,
        nothing_else(&device, 0, presence::STATUS),
    );
    readings::judge_each(stage, &device);
    Ok(())
}

/// Asks it to leave, and looks at what it says.
async fn leaves(stage: &mut Stage, device: &Actor) -> Result<(), Stop> {
    let start = device.record.len();
    device.settle().await;
    device.leave().await;
    if cfg!(not(unix)) {
        // There nobody can ask.
        stage.pass(device, SAYS_OFFLINE);
        return Ok(());
    }
    let said = presence::says_offline(device, start).await;
    stage.insist(device, SAYS_OFFLINE, said.map(drop))
}

fn status(stage: &Stage) -> String {
    stage.topic(presence::STATUS)
}

/// It tells its light level, every five seconds, on the topic of that measure.
async fn tells(stage: &mut Stage, device: &Actor) -> Result<(), Stop> {
    let first = readings::one_more(device, 0).await;
    first.map_err(|(_, finding)| stage.stop(device, TELLS, finding))?;
    let begin = readings::caught_up(device).await;
    let stays = [0, 650, 650, 1023, 1023, 299, 300];
    let fresh = levels(&mut stage.dice, 0..1023);
    device.board.script_light(stays.into_iter().chain(fresh));
    let most = match device.record.look(Pacing::of) {
        Pacing::Virtual => READINGS,
        Pacing::Real => READINGS_IN_REAL_TIME,
    };
    let mut place = begin;
    for _ in 0..most {
        match readings::one_more(device, place).await {
            Ok(after) => place = after,
            Err((_, finding)) => {
                readings::judge(stage, device, begin, place);
                return Err(stage.stop(device, TELLS, finding));
            }
        }
    }
    readings::judge(stage, device, begin, place);
    Ok(())
}

/// It has come online at `start` or later: it listens, and says so.
pub(super) async fn came(stage: &mut Stage, device: &Actor, start: usize) -> Result<usize, Stop> {
    let said = presence::arrives(device, start).await;
    if let Ok(after) = &said {
        let only = nothing_else(device, start, presence::STATUS);
        stage.insist(device, SUBSCRIBES, only)?;
        let listens = presence::listens_first(device, after - 1);
        stage.insist(device, SUBSCRIBES, listens)?;
    }
    let heard = subscribed(device, start, presence::STATUS).await;
    stage.insist(device, SUBSCRIBES, heard)?;
    let after = said.map_err(|finding| stage.stop(device, SAYS_ONLINE, finding))?;
    stage.pass(device, SAYS_ONLINE);
    is_acknowledged(device, after).await;
    Ok(after)
}

/// Waits until the broker's PUBACK has come: what happens next finds the device at rest.
async fn is_acknowledged(device: &Actor, start: usize) {
    let answered = device.record.when(start, PROMPT, |entries| {
        let mut packets = entries.iter().filter_map(queries::received);
        packets
            .find(|packet| matches!(packet, v4::Packet::PubAck(_)))
            .map(drop)
    });
    // Who speaks with QoS 0 gets none, and is told so elsewhere.
    let _ = answered.await;
}

/// As [`came`], where another scene says what is wrong.
pub(super) async fn is_there(device: &Actor) -> Result<usize, Stop> {
    let said = presence::arrives(device, 0).await;
    let after = said.map_err(|_| Stop::Program)?;
    match subscribed(device, 0, presence::STATUS).await {
        Ok(()) => Ok(after),
        Err(_) => Err(Stop::Program),
    }
}

/// Somebody says that the device is gone: it says that it is there.
pub(super) async fn corrected(
    stage: &mut Stage,
    device: &Actor,
    stranger: &Peer,
    message: Message,
) -> Result<(), Stop> {
    let start = device.record.len();
    stranger.send(message).await?;
    let again = device.drive(start, PROMPT, |entries| {
        presence::says(entries, device, ONLINE)
    });
    let again = again.await.map(drop).map_err(|why| {
        let expected = "`online` once more, after a fresh `offline` that is not true";
        missed(&device.record, expected, &why)
    });
    stage.insist(device, CORRECTS, again)
}

/// The broker loses the line and the device does not know: the will speaks. Then the device knows,
/// too.
pub(super) async fn half_open(stage: &mut Stage) -> Result<(), Stop> {
    let observer = stage.peer().await?;
    observer.subscribe(&status(stage), QoS::AtLeastOnce).await?;
    let device = stage.enter(DEVICE, &[250]).await?;
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
        redaction.no_readings();
        redaction.uncrossed();
    });
    arrive(stage, &device).await?;
    is_there(&device).await?;
    if presence::wills(&device).is_err() {
        return Err(Stop::Program);
    }
    observer.hears(1).await?;
    is_acknowledged(&device, 0).await;
    device.line.half_open();
    let heard = observer.hears(2).await?;
    if heard.last().is_none_or(|word| word.payload != OFFLINE) {
        return Err(anyhow::anyhow!("the broker has not published the will").into());
    }
    // By now the broker has kept the will's word: who comes back finds it, and it is no news.
    let cut = device.record.len();
    device.cut();
    came(stage, &device, cut).await?;
    // Once more, to see that it said so once.
    let message = Message::new(status(stage), OFFLINE).qos(QoS::AtLeastOnce);
    corrected(stage, &device, &observer, message).await?;
    // Who has answered what was kept, too, has one more answer to give. It looks and tells meanwhile.
    let _ = readings::one_more(&device, device.record.len()).await;
    stage.judge_seen(&device, CORRECTS, presence::only_when_asked(&device));
    stage.judge_seen(&device, WILL, presence::wills(&device));
    Ok(())
}

/// The broker restarts, and has forgotten everything.
pub(super) async fn restart(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.enter(DEVICE, &[200]).await?;
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
        redaction.no_readings();
        redaction.uncrossed();
    });
    arrive(stage, &device).await?;
    is_there(&device).await?;
    if readings::one_more(&device, 0).await.is_err() {
        return Err(Stop::Program);
    }
    let mut lamp = Lamp::default();
    for level in [0, 1023, 299, 300, 120] {
        lamp.follows(stage, &device, level, None).await?;
    }
    stage.pass(&device, lamp::LED);

    let down = outage::go_down(stage, &device).await?;
    down.is_refused(stage, &device).await?;
    let away = Some(("while the broker is away", DARK_WITHOUT));
    for level in [700, 100, 650] {
        lamp.follows(stage, &device, level, away).await?;
    }
    let back = down.is_over(stage, &device).await?;
    came(stage, &device, back).await?;
    lamp.stayed(stage, &device);
    if let Err((_, finding)) = readings::one_more(&device, back).await {
        let expected = format!("after an outage: {}", finding.expected);
        stage.fail(
            &device,
            TELLS,
            crate::sheet::Finding {
                expected,
                ..finding
            },
        );
    }
    stage.judge_seen(&device, CORRECTS, presence::only_when_asked(&device));
    stage.judge_seen(&device, WILL, presence::wills(&device));

    let down = outage::go_down(stage, &device).await?;
    down.is_noticed(stage, &device).await?;
    device.leave().await;
    lamp.stayed(stage, &device);
    Ok(())
}

/// The broker is late; and then it lets the device hear nothing.
pub(super) async fn late_broker(stage: &mut Stage) -> Result<(), Stop> {
    let (device, lamp) = alone_at_first(stage).await?;
    // Of two words and two subscriptions, what is answered before the line is cut is chance.
    device.redact(|redaction| redaction.nothing());
    is_there(&device).await?;
    lamp.stayed(stage, &device);
    readings::judge_each(stage, &device);
    device.line.refuse_subscriptions(true);
    let cut = device.record.len();
    device.cut();
    let back = device.drive(cut, PROMPT, |entries: &[Entry]| {
        entries.iter().any(queries::is_accepted).then_some(())
    });
    if back.await.is_ok()
        && let Some(said) = subscription::is_told_of_refusal(&device, cut).await
    {
        stage.judge(&device, subscription::SAYS_REFUSAL, said);
    }
    Ok(())
}
