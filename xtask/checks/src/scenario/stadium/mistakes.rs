//! Servers that are nearly right, and what each of them is told.

use super::ballot::{Room, Tells, Ways, Weighs};
use super::exchange::{ANSWERS, LIMIT, MAJORITY, NONSENSE, TO_WHOM};

/// A way to answer that is not the right one.
#[derive(Debug)]
pub(super) struct Mistake {
    /// How it answers.
    pub ways: Ways,
    /// The rule that it breaks.
    pub rule: &'static str,
    /// What to try.
    pub hint: &'static str,
}

const fn weighs(weighs: Weighs, hint: &'static str) -> Mistake {
    Mistake {
        ways: Ways {
            weighs,
            ..Ways::RIGHT
        },
        rule: MAJORITY,
        hint,
    }
}

const fn tells(tells: Tells, rule: &'static str, hint: &'static str) -> Mistake {
    Mistake {
        ways: Ways {
            tells,
            ..Ways::RIGHT
        },
        rule,
        hint,
    }
}

const fn room(room: Room, hint: &'static str) -> Mistake {
    Mistake {
        ways: Ways {
            room,
            ..Ways::RIGHT
        },
        rule: LIMIT,
        hint,
    }
}

const TWICE: &str = "One reading, one command. When the decision is new, the message to all reaches \
                     the sender too: it needs none of its own besides.";

const AS_TOLD: &str = "Whether the decision is new does not depend on what this device was told last: \
                       what went to all has reached it too. Compare with the decision before this \
                       reading, one for the whole stadium.";

/// All that are known, those first that say most.
pub(super) const MISTAKES: &[Mistake] = &[
    weighs(
        Weighs::Newest,
        "It does what the reading says that has just come in: one bird on one sensor switches \
         everything. Remember the last reading of each device, by the name in its topic, and let \
         all of them decide.",
    ),
    weighs(
        Weighs::Half,
        "Half is not more than half: when as many devices are dark as bright, it is not dark. \
         Careful with whole numbers, too: `/` rounds down.",
    ),
    weighs(
        Weighs::ThreeHundredToo,
        "Below 300 means `light < 300`: a device at exactly 300 is not dark.",
    ),
    weighs(
        Weighs::Mean,
        "It decides by the mean of the levels. Then one lamp that shines on one sensor outweighs \
         many dark ones. Each device has one vote: count those that are dark.",
    ),
    weighs(
        Weighs::EveryReading,
        "A device counts once, with its last reading. Here the one that speaks more often counts \
         more: a new reading must take the place of the device's old one, so keep them by name.",
    ),
    weighs(
        Weighs::First,
        "A new reading takes the place of the device's old one. Here the first one of each device \
         stays for ever.",
    ),
    weighs(
        Weighs::Before,
        "It decides first and takes the reading in afterwards. The reading that has just come in \
         counts too.",
    ),
    weighs(
        Weighs::All,
        "It wants every device to be dark: then one lamp that shines on one sensor keeps the whole \
         stadium dark. More than half are enough.",
    ),
    weighs(
        Weighs::Any,
        "It is enough for it that one device is dark: one bird on one sensor switches everything. \
         It takes more than half.",
    ),
    weighs(
        Weighs::Contrary,
        "It decides the wrong way round: `led_on` is true when it is dark.",
    ),
    weighs(
        Weighs::Never,
        "It never says that it is dark. Count the devices below 300: when they are more than half, \
         `led_on` is true.",
    ),
    tells(
        Tells::AllAtFirst,
        TO_WHOM,
        "Before the first reading it is not dark. If the first reading says the same, nothing has \
         changed, and the command is for the sender alone.",
    ),
    tells(
        Tells::All,
        TO_WHOM,
        "It tells all of them at every reading. With 200 devices each hears 200 commands in five \
         seconds that say the same: while the decision stays, only the sender is told.",
    ),
    tells(
        Tells::Sender,
        TO_WHOM,
        "A new decision concerns everybody, and here only the sender hears of it: the others stay \
         as they were until they speak themselves. When the decision changes, publish on the topic \
         for all.",
    ),
    tells(Tells::Both, ANSWERS, TWICE),
    tells(Tells::Doubly, ANSWERS, TWICE),
    tells(
        Tells::OnlyNew,
        ANSWERS,
        "It is silent while the decision stays. A device that has just come up, or has missed a \
         command, learns what is decided only from the answer to its own reading: answer each.",
    ),
    tells(
        Tells::Swapped,
        TO_WHOM,
        "It is the wrong way round: a new decision is for all, and one that stays for the sender.",
    ),
    tells(Tells::AsLastToldAlone, TO_WHOM, AS_TOLD),
    tells(Tells::AsLastTold, TO_WHOM, AS_TOLD),
    room(
        Room::Endless,
        "It takes in one more than there are places. Who may publish can make up names without end, \
         and each takes memory, or the place of somebody else: when 1,000 devices are there, a new \
         one is ignored, and that is said.",
    ),
    room(
        Room::FullForAll,
        "When it is full it hears nobody any more. A device that is known has its place: its \
         reading takes the place of its old one.",
    ),
    room(
        Room::Places(super::ballot::PLACES + 1),
        "There is room for exactly 1,000 devices. Look at how many there are before the new one is \
         taken in.",
    ),
    room(
        Room::Places(super::ballot::PLACES - 1),
        "There is room for exactly 1,000 devices: the thousandth is still taken in.",
    ),
    Mistake {
        ways: Ways {
            nameless_count: true,
            ..Ways::RIGHT
        },
        rule: NONSENSE,
        hint: "`+` also matches a level that is empty. Who has no name is no device: it is not \
               counted, and gets no answer.",
    },
];
