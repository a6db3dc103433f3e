//! What the readings of all devices ask for: the right way to weigh them and to answer, and ways that
//! look right until somebody looks closely.

use std::collections::HashMap;

/// For so many devices there is room.
pub const PLACES: usize = 1_000;

/// Below this level it is dark.
const DARK: u64 = 300;

/// A reading that reached the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// As its topic says. Nobody is called "".
    pub device: String,
    /// 0 to 1023, or what else was told.
    pub light: u64,
}

impl Reading {
    /// Of this device.
    pub fn new(device: &str, light: u64) -> Self {
        Self {
            device: device.to_owned(),
            light,
        }
    }

    fn is_dark(&self) -> bool {
        self.light < DARK
    }
}

/// Whom a command is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// The device of that name.
    One(String),
    /// Every device.
    All,
}

/// A command that the server published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Whom it is for.
    pub to: To,
    /// What the LED shall be.
    pub on: bool,
}

/// How a server decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighs {
    /// More than half of the devices, each with its last reading.
    Majority,
    /// Half is enough.
    Half,
    /// 300 counts as dark.
    ThreeHundredToo,
    /// What has just come in.
    Newest,
    /// The mean of all levels.
    Mean,
    /// All readings ever heard, however many of one device.
    EveryReading,
    /// The first reading of each device, for ever.
    First,
    /// All but the one that has just come in.
    Before,
    /// It takes all of them.
    All,
    /// One is enough.
    Any,
    /// The contrary of what is right.
    Contrary,
    /// Never dark.
    Never,
}

/// Whom a server tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// All when the decision is new, else the sender.
    AllWhenNew,
    /// As above, but a first decision is new whatever it is.
    AllAtFirst,
    /// Always all.
    All,
    /// Always the sender.
    Sender,
    /// All when it is new, and the sender each time.
    Both,
    /// All each time, and the sender too.
    Doubly,
    /// All when it is new, and nobody else.
    OnlyNew,
    /// The sender when it is new, else all.
    Swapped,
    /// All when the sender was last told something else by itself.
    AsLastToldAlone,
    /// All when the sender was last told something else, or nothing.
    AsLastTold,
}

/// How many devices a server remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// A new one only while there is room.
    Places(usize),
    /// When it is full, it hears nobody any more.
    FullForAll,
    /// Any number.
    Endless,
}

/// A way to answer readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways {
    /// How it decides.
    pub weighs: Weighs,
    /// Whom it tells.
    pub tells: Tells,
    /// How many devices it remembers.
    pub room: Room,
    /// Whether somebody without a name counts.
    pub nameless_count: bool,
}

impl Ways {
    /// As it was asked.
    pub const RIGHT: Self = Self {
        weighs: Weighs::Majority,
        tells: Tells::AllWhenNew,
        room: Room::Places(PLACES),
        nameless_count: false,
    };

    /// The commands that answer these readings, in order.
    pub fn answers(self, readings: &[Reading]) -> Vec<Command> {
        let mut ballot = Ballot::new(self);
        readings.iter().flat_map(|it| ballot.answer(it)).collect()
    }
}

/// A server that answers in some way.
#[derive(Debug)]
pub struct Ballot {
    ways: Ways,
    /// Each device's reading that counts.
    last: HashMap<String, u64>,
    /// How many of them are dark.
    dark_ones: usize,
    /// All that it has taken in, and how many of them were dark.
    heard: (usize, usize),
    dark: bool,
    decided: bool,
    told: HashMap<String, bool>,
}

impl Ballot {
    /// It has heard nothing yet.
    pub fn new(ways: Ways) -> Self {
        Self {
            ways,
            last: HashMap::new(),
            dark_ones: 0,
            heard: (0, 0),
            dark: false,
            decided: false,
            told: HashMap::new(),
        }
    }

    /// The commands that answer one more reading.
    pub fn answer(&mut self, reading: &Reading) -> Vec<Command> {
        if reading.device.is_empty() && !self.ways.nameless_count || !self.has_room(&reading.device)
        {
            return Vec::new();
        }
        let before = self.is_majority_dark();
        self.take_in(reading);
        let dark = self.decide(reading, before);
        let is_new = dark != self.dark;
        let is_first = !self.decided;
        (self.dark, self.decided) = (dark, true);
        self.address(&reading.device, dark, is_new, is_first)
    }

    fn has_room(&self, device: &str) -> bool {
        match self.ways.room {
            Room::Places(places) => self.last.len() < places || self.last.contains_key(device),
            Room::FullForAll => self.last.len() < PLACES,
            Room::Endless => true,
        }
    }

    fn take_in(&mut self, reading: &Reading) {
        self.heard.0 += 1;
        self.heard.1 += usize::from(reading.is_dark());
        let old = self.last.get(&reading.device).copied();
        if old.is_some() && self.ways.weighs == Weighs::First {
            return;
        }
        self.dark_ones -= usize::from(old.is_some_and(|light| light < DARK));
        self.dark_ones += usize::from(reading.is_dark());
        self.last.insert(reading.device.clone(), reading.light);
    }

    fn at_most_dark(&self) -> usize {
        self.last.values().filter(|light| **light <= DARK).count()
    }

    fn is_majority_dark(&self) -> bool {
        self.dark_ones * 2 > self.last.len()
    }

    fn decide(&self, reading: &Reading, before: bool) -> bool {
        let all = self.last.len();
        let dark = self.dark_ones;
        match self.ways.weighs {
            Weighs::Majority | Weighs::First => self.is_majority_dark(),
            Weighs::Half => dark * 2 >= all,
            Weighs::ThreeHundredToo => self.at_most_dark() * 2 > all,
            Weighs::Newest => reading.is_dark(),
            Weighs::Mean => self.last.values().sum::<u64>() / (all.max(1) as u64) < DARK,
            Weighs::EveryReading => self.heard.1 * 2 > self.heard.0,
            Weighs::Before => before,
            Weighs::All => dark == all,
            Weighs::Any => dark > 0,
            Weighs::Contrary => !self.is_majority_dark(),
            Weighs::Never => false,
        }
    }

    fn address(&mut self, sender: &str, on: bool, is_new: bool, is_first: bool) -> Vec<Command> {
        let one = || Command {
            to: To::One(sender.to_owned()),
            on,
        };
        let all = || Command { to: To::All, on };
        let either = |for_all: bool| vec![if for_all { all() } else { one() }];
        match self.ways.tells {
            Tells::AllWhenNew => either(is_new),
            Tells::AllAtFirst => either(is_new || is_first),
            Tells::All => either(true),
            Tells::Sender => either(false),
            Tells::Swapped => either(!is_new),
            Tells::Both if is_new => vec![all(), one()],
            Tells::Both => vec![one()],
            Tells::Doubly => vec![all(), one()],
            Tells::OnlyNew if is_new => vec![all()],
            Tells::OnlyNew => Vec::new(),
            Tells::AsLastToldAlone => {
                let last = self.told.insert(sender.to_owned(), on);
                either(last.unwrap_or_default() != on)
            }
            Tells::AsLastTold => {
                let last = self.told.insert(sender.to_owned(), on);
                either(last != Some(on))
            }
        }
    }
}

/// What the last of these readings asks for, in words: how many devices, and how many of them dark.
pub fn told(readings: &[Reading]) -> String {
    let mut last: HashMap<&str, bool> = HashMap::new();
    let named = readings.iter().filter(|reading| !reading.device.is_empty());
    last.extend(named.map(|reading| (reading.device.as_str(), reading.is_dark())));
    let dark = last.values().filter(|dark| **dark).count();
    let level = readings.last().map(|reading| reading.light);
    let level = level.unwrap_or_default();
    match last.len() {
        1 => format!("light {level} from the only device"),
        all => format!("light {level} from one of {all} devices, of which {dark} are dark now"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(readings: &[(&str, u64)]) -> Vec<(Option<String>, bool)> {
        let readings: Vec<Reading> = readings
            .iter()
            .map(|(device, light)| Reading::new(device, *light))
            .collect();
        let answers = Ways::RIGHT.answers(&readings).into_iter();
        let short = answers.map(|command| match command.to {
            To::One(device) => (Some(device), command.on),
            To::All => (None, command.on),
        });
        short.collect()
    }

    #[test]
    fn the_decision_goes_to_all_when_it_is_new_and_else_to_the_sender() {
        let one = |device: &str, on| (Some(device.to_owned()), on);
        assert_eq!(
            answers(&[
                ("a", 300),
                ("a", 299),
                ("b", 500),
                ("", 0),
                ("b", 0),
                ("a", 1)
            ]),
            [
                one("a", false),
                (None, true),
                (None, false),
                (None, true),
                one("a", true)
            ]
        );
    }

    #[test]
    fn devices_that_come_up_one_dark_one_bright_flip_it_each_time() {
        let names: Vec<String> = (0..200).map(|number| number.to_string()).collect();
        let light = |number: usize| if number.is_multiple_of(2) { 0 } else { 1023 };
        let readings: Vec<(&str, u64)> = names
            .iter()
            .enumerate()
            .map(|(number, name)| (name.as_str(), light(number)))
            .collect();
        assert!(answers(&readings).iter().all(|(to, _)| to.is_none()));
    }

    #[test]
    fn one_device_too_many_is_not_heard() {
        let names: Vec<String> = (0..=PLACES).map(|number| number.to_string()).collect();
        let readings: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 500)).collect();
        assert_eq!(answers(&readings).len(), PLACES);
    }
}
