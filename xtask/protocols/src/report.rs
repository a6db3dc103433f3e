//! What was counted, as tables and bars.

mod bars;

use std::fmt::Write as _;

use crate::radio::{NB_IOT, WIFI};
use crate::traffic::Average;
use crate::{commands, cost, outage};

pub use bars::bars;

/// Everything that was counted, in the order of the tables. Each has a name.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What readings cost.
    pub readings: Vec<(String, cost::Cost)>,
    /// What commands cost.
    pub commands: Vec<(String, commands::Cost)>,
    /// Which readings survive an outage.
    pub readings_in_an_outage: Vec<(String, outage::Arrived)>,
    /// Which commands do.
    pub commands_in_an_outage: Vec<(String, outage::Arrived)>,
}

/// A part of the report: its name, what it says, in Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// A word or two, in small letters.
    pub name: &'static str,
    /// What it is, in a line.
    pub title: &'static str,
    /// Lines, each with its end.
    pub text: String,
}

impl Report {
    /// Takes in what another measurement has counted.
    pub fn add(&mut self, other: Self) {
        self.readings.extend(other.readings);
        self.commands.extend(other.commands);
        self.readings_in_an_outage
            .extend(other.readings_in_an_outage);
        self.commands_in_an_outage
            .extend(other.commands_in_an_outage);
    }

    /// All parts that have something in them.
    pub fn parts(&self) -> Vec<Part> {
        let plain: Vec<_> = self
            .readings
            .iter()
            .filter(|(name, _)| is_plain(name))
            .cloned()
            .collect();
        let parts = [
            part(
                "readings",
                "A reading of 13 bytes on a connection that is kept",
                &self.readings,
                readings,
            ),
            part(
                "alone",
                "A reading with a connection of its own",
                &self.readings,
                alone,
            ),
            part(
                "commands",
                "A command of 15 bytes on a connection that is kept",
                &self.commands,
                commands,
            ),
            part(
                "outage",
                "Readings, with an outage in the middle",
                &self.readings_in_an_outage,
                arrived,
            ),
            part(
                "outage-commands",
                "Commands, with an outage in the middle",
                &self.commands_in_an_outage,
                arrived,
            ),
            part(
                "radio",
                "What a radio would spend on a reading",
                &plain,
                radio,
            ),
            part(
                "bars",
                "Bytes for a reading, headers and both ways",
                &plain,
                bars,
            ),
        ];
        parts.into_iter().flatten().collect()
    }
}

/// Whether it is more than a variation of another.
fn is_plain(name: &str) -> bool {
    let variations = ["MQTT 5", "resumed", "usual headers"];
    !variations.iter().any(|words| name.contains(words))
}

fn part<T>(
    name: &'static str,
    title: &'static str,
    rows: &[(String, T)],
    show: impl Fn(&[(String, T)]) -> String,
) -> Option<Part> {
    let text = (!rows.is_empty()).then(|| show(rows))?;
    Some(Part { name, title, text })
}

/// On a connection that is kept.
fn readings(rows: &[(String, cost::Cost)]) -> String {
    let mut table = "| protocol | first reading: bytes up / down | round trips | each further: \
                     bytes up / down | with headers up / down | packets up / down | round trips |\n\
                     |---|---|---|---|---|---|---|\n"
        .to_owned();
    for (name, cost) in rows {
        let _ = writeln!(
            table,
            "| {name} | {} | {} | {} | {} | {} | {} |",
            bytes(&cost.first),
            cost.first_trips,
            bytes(&cost.further),
            wire(&cost.further, cost.layer.header()),
            packets(&cost.further),
            cost.further_trips,
        );
    }
    table
}

/// With a connection for each.
fn alone(rows: &[(String, cost::Cost)]) -> String {
    let mut table = "| protocol | bytes up / down | with headers up / down | both | packets up / \
                     down |\n|---|---|---|---|---|\n"
        .to_owned();
    for (name, cost) in rows {
        let (up, down) = cost.alone.on_the_wire(cost.layer.header());
        let _ = writeln!(
            table,
            "| {name} | {} | {} | {:.0} | {} |",
            bytes(&cost.alone),
            wire(&cost.alone, cost.layer.header()),
            up.round() + down.round(),
            packets(&cost.alone),
        );
    }
    table
}

fn commands(rows: &[(String, commands::Cost)]) -> String {
    let mut table = "| protocol | bytes up / down | with headers up / down | packets up / down |\n\
                     |---|---|---|---|\n"
        .to_owned();
    for (name, cost) in rows {
        let _ = writeln!(
            table,
            "| {name} | {} | {} | {} |",
            bytes(&cost.each),
            wire(&cost.each, cost.layer.header()),
            packets(&cost.each),
        );
    }
    table
}

fn arrived(rows: &[(String, outage::Arrived)]) -> String {
    let mut table = format!(
        "| protocol, and what its client does | of {} arrive | twice |\n|---|---|---|\n",
        outage::MESSAGES
    );
    for (name, arrived) in rows {
        let _ = writeln!(
            table,
            "| {name} | {} | {} |",
            arrived.different(),
            arrived.repeated()
        );
    }
    table
}

fn radio(rows: &[(String, cost::Cost)]) -> String {
    let mut table =
        "| protocol | Wi-Fi, new connection | NB-IoT, new connection | NB-IoT, connection \
                     kept |\n|---|---|---|---|\n"
            .to_owned();
    for (name, cost) in rows {
        let _ = writeln!(
            table,
            "| {name} | {:.2} J | {:.2} J | {:.2} J |",
            WIFI.message(cost.first_trips),
            NB_IOT.message(cost.first_trips),
            NB_IOT.message(cost.further_trips),
        );
    }
    for radio in [WIFI, NB_IOT] {
        let _ = writeln!(table, "{}: {}", radio.name, radio.sources);
    }
    table
}

fn bytes(each: &Average) -> String {
    format!("{:.0} / {:.0}", each.up, each.down)
}

fn wire(each: &Average, header: u64) -> String {
    let (up, down) = each.on_the_wire(header);
    format!("{up:.0} / {down:.0}")
}

fn packets(each: &Average) -> String {
    format!("{:.0} / {:.0}", each.packets_up, each.packets_down)
}
