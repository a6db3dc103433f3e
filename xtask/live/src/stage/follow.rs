//! Follows the programs: what is seen of them, in the order in which it happened.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anstream::adapter::strip_str;
use arena::record::{End, Entry, Event, Record, Sender, Stream};
use arena::wire::Packet;
use futures_util::future::select_all;
use tokio::sync::mpsc;

use super::browser;
use super::connection::Connections;
use super::life::Life;
use super::{Gossip, Instance, gone, tell_state, waiting};
use crate::feed::{Feed, Printed, State, clock, clock_at};
use crate::packet::Row;
use crate::stadium::Stadium;
use course::SERVER;
use course::wording::counted;

/// How long what was seen is gathered before it is told: shorter than an eye notices.
pub(super) const GATHER: Duration = Duration::from_millis(30);

/// The most rows and lines told at once. Whoever floods is not read anyway.
const MOST_AT_ONCE: usize = 100;

/// Makes sense of what is seen of one program.
#[derive(Debug)]
pub(super) struct Follower {
    who: Instance,
    source: String,
    record: Arc<Record>,
    life: Arc<Life>,
    connections: Connections,
}

/// Tells feed and gossip what the programs do, and a browser. Their records are merged by time, so that a reading
/// comes before the command that answers it.
pub(super) async fn follow(
    mut followers: Vec<Follower>,
    browser: Option<Arc<Record>>,
    stadium: Option<Arc<Stadium>>,
    feed: Arc<Feed>,
    gossip: mpsc::UnboundedSender<Gossip>,
) {
    let records = followers.iter().map(|it| Arc::clone(&it.record));
    // That of the browser comes last, and has no follower.
    let records: Vec<_> = records.chain(browser).collect();
    if records.is_empty() {
        return;
    }
    loop {
        select_all(records.iter().map(|it| Box::pin(it.arrival()))).await;
        tokio::time::sleep(GATHER).await;
        // All that happened until now is in the records; what comes meanwhile has to wait, or it
        // could overtake.
        let now = Instant::now();
        let mut seen = Vec::new();
        for (which, record) in records.iter().enumerate() {
            let entries = record.take_until(now);
            let surplus = entries.len().saturating_sub(MOST_AT_ONCE);
            if surplus > 0 {
                let row = Row {
                    at: clock(),
                    who: browser::WHO,
                    ..Row::line(too_fast(surplus))
                };
                feed.packets(vec![match followers.get(which) {
                    Some(follower) => follower.named(row),
                    None => row,
                }]);
            }
            let shown = (0..).map(|place| place >= surplus);
            let entries = entries.into_iter().zip(shown);
            seen.extend(entries.map(|(entry, shown)| (which, entry, shown)));
        }
        seen.sort_by_key(|(_, entry, _)| entry.at);
        let (mut rows, mut lines) = (Vec::new(), Vec::new());
        for (which, entry, shown) in &seen {
            let Some(follower) = followers.get_mut(*which) else {
                rows.extend(browser::seen(entry).filter(|_| *shown));
                continue;
            };
            if *shown {
                rows.extend(follower.row(entry));
            }
            if let Some(line) = follower.line(entry).filter(|_| *shown) {
                let _ = gossip.send(Gossip::Printed {
                    who: follower.who.clone(),
                    error: line.error,
                    text: line.text.clone(),
                });
                lines.push(line);
            }
            if let Some(state) = follower.state_after(entry) {
                tell_state(&feed, &gossip, Some(&follower.who), state);
            }
            if let Some(stadium) = &stadium
                && follower.who.who == SERVER
            {
                stadium.see(entry);
            }
        }
        feed.packets(rows);
        feed.lines(lines);
    }
}

impl Follower {
    pub(super) fn new(who: Instance, source: String, record: Arc<Record>, life: Arc<Life>) -> Self {
        Self {
            who,
            connections: Connections::new(source.clone()),
            source,
            record,
            life,
        }
    }

    fn row(&self, entry: &Entry) -> Option<Row> {
        Some(Row {
            at: clock_at(entry.at),
            ..self.named(row(&entry.event)?)
        })
    }

    fn named(&self, row: Row) -> Row {
        Row {
            who: self.who.who.name(),
            device: self.who.device.clone(),
            ..row
        }
    }

    fn line(&self, entry: &Entry) -> Option<Printed> {
        let Event::Printed { stream, text } = &entry.event else {
            return None;
        };
        Some(Printed {
            number: 0,
            at: clock_at(entry.at),
            who: self.who.who,
            device: self.who.device.clone(),
            error: *stream == Stream::Err,
            text: plain(text),
        })
    }

    /// How the program is after this event, if that says something about it.
    fn state_after(&mut self, entry: &Entry) -> Option<State> {
        if let Event::Ended(end) = &entry.event {
            self.connections.forget();
            if self.life.end() {
                let detail = "It has no power: its program was ended without a goodbye.";
                return Some(gone("unplugged", detail));
            }
            return Some(gone("ended", format!("{} ({}).", ended(end), self.source)));
        }
        // Its last packets and connections may be heard of after its end.
        match &entry.event {
            _ if !self.life.is_on() => None,
            Event::Packet {
                link,
                from,
                packet: Packet::V4(packet),
                length,
            } => self
                .connections
                .after_packet(entry.at, *link, *from, packet, *length),
            Event::HungUp { link, by } => self.connections.after_end(entry.at, *link, *by),
            Event::Dialled {
                accepted: false, ..
            } => {
                self.connections.line_is_down();
                Some(waiting(
                    "not connected",
                    "It runs and tries to reach the broker, but the line is down.",
                ))
            }
            _ => None,
        }
    }
}

pub(super) fn row(event: &Event) -> Option<Row> {
    Some(match event {
        Event::Dialled { accepted: true, .. } => Row::line("opens a connection to the broker"),
        Event::Dialled {
            accepted: false, ..
        } => Row::line("finds the line to the broker down"),
        Event::HungUp { .. } => Row::line("its connection to the broker has ended"),
        Event::Packet { from, packet, .. } => Row {
            to_broker: Some(*from == Sender::Program),
            ..Row::packet(packet)
        },
        _ => return None,
    })
}

fn ended(end: &End) -> String {
    match end {
        End::Exited(0) => "It has ended by itself".to_owned(),
        End::Exited(status) => {
            format!("It has ended with exit status {status}; its last lines say why")
        }
        End::Signalled(signal) => format!("It was killed by signal {signal}"),
        End::Left(_) | End::Stopped => "It was stopped".to_owned(),
        End::Flooded(flood) => format!("It was stopped because {flood}"),
    }
}

/// What stands in the place of so many lines, packets and connections.
fn too_fast(surplus: usize) -> String {
    let one = "line, packet or connection";
    let what = counted(surplus, one, "lines, packets and connections");
    format!("{what}, too fast to show")
}

/// Without colours and other control sequences (ECMA-48): a page shows letters.
fn plain(text: &str) -> String {
    strip_str(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_counted() {
        let told = [1, 2].map(too_fast);
        assert_eq!(
            told,
            [
                "1 line, packet or connection, too fast to show",
                "2 lines, packets and connections, too fast to show"
            ]
        );
    }

    #[test]
    fn colours_are_not_letters() {
        assert_eq!(plain("\u{1b}[1;31merror\u{1b}[0m: no\u{7}"), "error: no");
    }
}
