//! The monitor shows who is there, and who was there when it came.

use std::collections::BTreeSet;

use arena::peer::{Message, Peer};
use arena::record::{Entry, Event, Missed};
use arena::wire::Packet;
use course::MONITOR;
use rumqttc::QoS;
use rumqttc::mqttbytes::v4;

use crate::actor::{Actor, PROMPT};
use crate::findings::filters::{Wanted, subscribed};
use crate::findings::introduction::{self, arrive};
use crate::findings::outage::{self, Down};
use crate::findings::presence::{OFFLINE, ONLINE, STATUS};
use crate::findings::subscription;
use crate::findings::unreadable::reports;
use crate::findings::{missed, presence};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// It prints measures.
pub(super) const SHOWS: &str = "shows-measures";
/// It prints who is there.
const PRESENCE: &str = "shows-presence";
/// In other words for what was kept.
const RETAINED: &str = "tells-retained";
/// It goes on after what it cannot read.
pub(super) const SURVIVES: &str = "monitor-survives";
/// After a restart of the broker it hears again.
const HEARS_AGAIN: &str = "monitor-hears-again";

/// What it subscribes to.
pub(super) const WANTED: [Wanted; 2] = [
    ("telemetry/+", QoS::AtMostOnce),
    (presence::STATUS, QoS::AtLeastOnce),
];

/// What no device says about itself.
const NONSENSE: [&[u8]; 7] = [
    b"hello",
    b"ONLINE",
    b"offline!",
    b"online\n",
    br#"{"status":"online"}"#,
    b"true",
    b"\xff\xfe",
];

/// Levels of five digits, which an id is not likely to have in it.
pub(super) const FIRST_LEVEL: u16 = 10_000;

/// The device comes and goes while the monitor watches, and while it does not.
pub(super) async fn who_is_there(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.peer().await?;
    let monitor = stage.enter(MONITOR, &[]).await?;
    monitor.redact(|redaction| redaction.uncrossed());
    arrive(stage, &monitor).await?;
    if subscribed(&monitor, 0, &WANTED).await.is_err() {
        return Err(Stop::Program);
    }
    let mut watch = Watch {
        monitor: &monitor,
        device,
        topic: stage.topic(STATUS),
        light: stage.topic("telemetry/light"),
        measures: FIRST_LEVEL,
        usual: BTreeSet::new(),
    };
    // Whatever it prints at a connection and at a measure says nothing about the device.
    let end = watch.done(0).await?;
    watch.usual = watch.lines(0, end);

    let mut news = Vec::new();
    for word in [ONLINE, OFFLINE, ONLINE, ONLINE, OFFLINE] {
        let lines = watch.news(word).await?;
        let lines = lines.map_err(|finding| stage.stop(&monitor, PRESENCE, finding))?;
        news.push((word, lines));
    }
    let (online, offline) = (news[0].1.clone(), news[1].1.clone());
    if online == offline {
        let finding = Finding::new(
            "other words for `offline` than for `online`",
            format!("`{}` for both", shown(&online)),
        );
        return Err(stage.stop(&monitor, PRESENCE, finding));
    }
    let shown_until = monitor.record.len();
    for nonsense in NONSENSE {
        let start = monitor.record.len();
        watch.says(nonsense).await?;
        let end = watch.done(start).await?;
        let lines = watch.lines(start, end);
        if let Some(line) = lines
            .iter()
            .find(|line| online.contains(*line) || offline.contains(*line))
        {
            let text = String::from_utf8_lossy(nonsense);
            let finding = Finding::new(
                format!("no presence for the payload `{}`", text.escape_debug()),
                format!("the line `{line}`"),
            )
            .hint(
                "Only the words `online` and `offline`, to the letter, say something about the \
                 device. Anything else is reported on standard error.",
            );
            return Err(stage.stop(&monitor, SURVIVES, finding));
        }
        let reported = reports(&monitor, start, nonsense, &[watch.measures]).await;
        stage.insist(&monitor, SURVIVES, reported)?;
    }
    let rest = monitor.record.len();
    monitor.redact(|redaction| redaction.leave_out(shown_until..rest));

    for (word, fresh) in [(OFFLINE, &offline), (ONLINE, &online)] {
        let kept = watch.kept(word).await?;
        let kept = kept.map_err(|finding| stage.stop(&monitor, PRESENCE, finding))?;
        if kept == *fresh {
            let finding = Finding::new(
                format!("other words for a retained `{word}` than for a fresh one"),
                format!("`{}` for both", shown(&kept)),
            );
            return Err(stage.stop(&monitor, RETAINED, finding));
        }
    }
    stage.pass(&monitor, PRESENCE);
    stage.pass(&monitor, RETAINED);
    stage.pass(&monitor, SURVIVES);
    Ok(())
}

fn shown(lines: &BTreeSet<String>) -> String {
    lines.iter().cloned().collect::<Vec<_>>().join("` and `")
}

/// The monitor, and somebody who speaks for the device.
struct Watch<'a> {
    monitor: &'a Actor,
    device: Peer,
    topic: String,
    light: String,
    /// The last measure that was told.
    measures: u16,
    /// Lines that have nothing to do with the status.
    usual: BTreeSet<String>,
}

impl Watch<'_> {
    async fn says(&self, word: &[u8]) -> Result<(), Stop> {
        let message = Message::new(&self.topic, word.to_vec()).qos(QoS::AtLeastOnce);
        Ok(self.device.send(message).await?)
    }

    /// Tells a measure and waits until it is printed: then all that came before is done with.
    async fn done(&mut self, start: usize) -> Result<usize, Stop> {
        self.measures += 1;
        let level = self.measures;
        let payload = format!(r#"{{"light":{level}}}"#);
        self.device.publish(&self.light, payload).await?;
        let printed = self.monitor.record.when(start, PROMPT, |entries| {
            let is = |(_, line): (_, &str)| is_measure(line, level);
            let mut places = entries.iter().enumerate();
            places.find_map(|(place, entry)| {
                let mut lines = queries::printed(std::slice::from_ref(entry));
                lines.any(is).then_some(place)
            })
        });
        match printed.await {
            Ok(place) => Ok(start + place),
            // What becomes of measures is told elsewhere.
            Err(_) => Err(Stop::Program),
        }
    }

    /// The lines between two places, but for the usual ones, without their numbers.
    fn lines(&self, start: usize, end: usize) -> BTreeSet<String> {
        self.monitor.record.look(|entries| {
            let lines = queries::printed(&entries[start..end]).map(|(_, line)| plain(line));
            lines
                .filter(|line| !line.is_empty() && !self.usual.contains(line))
                .collect()
        })
    }

    /// Says a word while the monitor watches, and returns how it shows it.
    ///
    /// # Errors
    /// The inner one says that it does not.
    async fn news(&mut self, word: &str) -> Result<Result<BTreeSet<String>, Finding>, Stop> {
        let start = self.monitor.record.len();
        self.says(word.as_bytes()).await?;
        self.shown(start, "fresh", word).await
    }

    async fn shown(
        &mut self,
        start: usize,
        kind: &str,
        word: &str,
    ) -> Result<Result<BTreeSet<String>, Finding>, Stop> {
        let printed = self.monitor.record.when(start, PROMPT, |entries| {
            let mut printed = queries::printed(entries);
            printed
                .any(|(_, line)| !line.trim().is_empty() && !self.usual.contains(&plain(line)))
                .then_some(())
        });
        if let Err(why) = printed.await {
            let expected = format!("a line about the {kind} `{word}` on {}", self.topic);
            return Ok(Err(missed(&self.monitor.record, expected, &why)));
        }
        let end = self.done(start).await?;
        Ok(Ok(self.lines(start, end)))
    }

    /// Says a word that the broker keeps while the monitor is away, and returns how it shows that.
    ///
    /// # Errors
    /// The inner one says that it does not.
    async fn kept(&mut self, word: &str) -> Result<Result<BTreeSet<String>, Finding>, Stop> {
        let start = self.monitor.record.len();
        self.monitor.take_down();
        // Only who is gone finds later what was kept.
        let _ = tokio::time::timeout(PROMPT, self.monitor.line.is_idle()).await;
        let message = Message::new(&self.topic, word.to_owned());
        let message = message.qos(QoS::AtLeastOnce).retained();
        self.device.send(message).await?;
        let refused = self.monitor.record.when(start, PROMPT, |entries| {
            let is_refusal = |it: &Entry| {
                matches!(
                    it.event,
                    Event::Dialled {
                        accepted: false,
                        ..
                    }
                )
            };
            entries.iter().any(is_refusal).then_some(())
        });
        // Who does not even try is told so elsewhere.
        let _ = refused.await;
        self.monitor.line.up();
        let back = self.monitor.record.when(start, PROMPT, |entries| {
            entries.iter().position(is_kept).map(|place| start + place)
        });
        match back.await {
            Ok(place) => self.shown(place, "retained", word).await,
            Err(Missed::TimeUp(_) | Missed::Ended(_)) => Err(Stop::Program),
        }
    }
}

fn is_kept(entry: &Entry) -> bool {
    matches!(
        &entry.event,
        Event::Packet { packet: Packet::V4(v4::Packet::Publish(message)), .. } if message.retain
    )
}

fn is_measure(line: &str, level: u16) -> bool {
    line.contains("light") && crate::findings::shown::number(line, level.into()).is_some()
}

/// A line without its numbers: they may be a time or a count.
fn plain(line: &str) -> String {
    line.chars()
        .filter(|letter| !letter.is_ascii_digit())
        .collect::<String>()
        .trim()
        .to_owned()
}

/// The broker restarts; the monitor must hear again. At last the broker is away when the learner
/// has had enough.
pub(super) async fn restart(stage: &mut Stage) -> Result<(), Stop> {
    let monitor = stage.enter(MONITOR, &[]).await?;
    monitor.redact(|redaction| redaction.uncrossed());
    arrive(stage, &monitor).await?;
    if subscribed(&monitor, 0, &WANTED).await.is_err() {
        return Err(Stop::Program);
    }
    let down = outage::go_down(stage, &monitor).await?;
    down.is_refused(stage, &monitor).await?;
    let back = down.is_over(stage, &monitor).await?;
    let subscription = subscribed(&monitor, back, &WANTED).await;
    stage.insist(&monitor, HEARS_AGAIN, subscription)?;
    let device = stage.peer().await?;
    let level = stage.dice.u16(FIRST_LEVEL..);
    let payload = format!(r#"{{"light":{level}}}"#);
    device
        .publish(&stage.topic("telemetry/light"), payload)
        .await?;
    let heard = monitor.record.when(back, PROMPT, |entries| {
        let mut printed = queries::printed(entries);
        printed
            .any(|(_, line)| is_measure(line, level))
            .then_some(())
    });
    let heard = heard.await.map_err(|why| {
        let expected = format!("the line `light {level}` after the restart");
        missed(&monitor.record, expected, &why)
    });
    stage.insist(&monitor, HEARS_AGAIN, heard)?;

    let down = outage::go_down(stage, &monitor).await?;
    down.is_noticed(stage, &monitor).await?;
    monitor.leave().await;
    Ok(())
}

/// The broker is away for long, and then it does not let the monitor hear anything.
pub(super) async fn late_broker(stage: &mut Stage) -> Result<(), Stop> {
    let monitor = stage.prepare(MONITOR, &[]).await?;
    // Which of its two subscriptions is answered before it leaves is chance.
    monitor.redact(|redaction| redaction.nothing());
    let down = Down::from_the_start(&monitor);
    stage.start(&monitor).await?;
    down.is_refused(stage, &monitor).await?;
    introduction::claims_nothing(stage, &monitor);
    down.is_refused_for_long(stage, &monitor).await?;
    monitor.line.refuse_subscriptions(true);
    let back = down.is_over(stage, &monitor).await?;
    // It has two subscriptions to be refused.
    let answered = monitor.record.when(back, PROMPT, |entries| {
        let answers = entries.iter().filter_map(queries::suback);
        (answers.flat_map(|it| &it.return_codes).count() >= WANTED.len()).then_some(())
    });
    let _ = answered.await;
    if let Some(said) = subscription::is_told_of_refusal(&monitor, back).await {
        stage.judge(&monitor, subscription::SAYS_REFUSAL, said);
    }
    Ok(())
}
