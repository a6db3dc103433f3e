//! Commands to a device, and what its LED makes of them.

use std::time::Duration;

use arena::patience::Metronome;
use arena::peer::Peer;
use arena::record::{Entry, Event, Missed};

use crate::actor::{Actor, PROMPT};
use crate::findings::lamp::word;
use crate::findings::{missed, rush};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::Stop;

/// How long an LED that was switched the wrong way is watched: perhaps it goes on to the right one.
const SECOND_THOUGHTS: Duration = Duration::from_millis(300);

/// A device that works through its commands does not rest for so long. If it does, what it does
/// later shows at the next look at it.
const CALM: Duration = Duration::from_millis(3);

/// Commands as servers of all kinds write them: spaces mean nothing in JSON, nor does the order, and
/// there may be more than was asked for.
const SPELLINGS: [&str; 6] = [
    r#"{"led_on":STATE}"#,
    r#"{"led_on": STATE}"#,
    r#" { "led_on" : STATE } "#,
    r#"{"note":"not true, and not false","led_on":STATE}"#,
    r#"{"why":"led_on","led_on":STATE,"until":[6,30]}"#,
    "{\n  \"level\": {\"led_on\": null},\n  \"led_on\":\tSTATE\n}\n",
];

/// What to try when only some spellings are understood.
const READ_AS_JSON: &str = "It obeys the same command when that is spelt otherwise. Read the payload \
                            as JSON: spaces, order and other names in it mean nothing.";

/// What to try when a command is passed over, and obeyed when it comes once more.
const EACH_COUNTS: &str = "It obeys that very command when it comes once more, later. Each command \
                           counts, however soon after another it comes, and whatever it says.";

/// The device, and whoever gives it orders.
pub(in crate::scenario) struct Orders<'a> {
    device: &'a Actor,
    server: Peer,
    topics: Vec<String>,
    given: usize,
    /// Where in the record the LED's changes are counted from, how it was then, and how often it
    /// had to change since.
    counted: Option<Count>,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    from: usize,
    was: bool,
    changes: usize,
}

impl<'a> Orders<'a> {
    /// None given so far.
    pub fn new(device: &'a Actor, server: Peer, topics: Vec<String>) -> Self {
        Self {
            device,
            server,
            topics,
            given: 0,
            counted: None,
        }
    }

    /// Sends anything.
    pub async fn send(&self, payload: impl Into<Vec<u8>>) -> Result<(), Stop> {
        Ok(self.server.publish(self.topic(), payload).await?)
    }

    /// Where the next order goes. On and off take turns, so each topic has two in a row.
    fn topic(&self) -> &str {
        &self.topics[self.given / 2 % self.topics.len()]
    }

    /// Sends an order, each spelt in another way than the one before, and says which it was.
    pub async fn order(&mut self, on: bool) -> Result<String, Stop> {
        let spelling = SPELLINGS[self.given % SPELLINGS.len()];
        let order = spelling.replace("STATE", &on.to_string());
        self.send(order.clone()).await?;
        let shown = match self.topics.len() {
            1 => one_line(&order),
            _ => format!("{} on {}", one_line(&order), self.topic()),
        };
        self.given += 1;
        Ok(shown)
    }

    /// Gives an order and waits until the LED is as it says.
    ///
    /// # Errors
    /// The inner one says what the LED did instead.
    pub async fn obeyed(&mut self, on: bool) -> Result<Result<(), Finding>, Stop> {
        let start = self.device.record.len();
        let order = self.order(on).await?;
        let expected = format!("the LED switched {} by {order}", word(on));
        let switched = self.device.record.when(start, PROMPT, queries::led).await;
        let settled = match &switched {
            Ok(led) if *led == on => true,
            Ok(_) => self.becomes(start, on, SECOND_THOUGHTS).await.is_ok(),
            Err(_) => false,
        };
        if settled {
            return Ok(self.straight(start, on, &order));
        }
        Ok(Err(match switched {
            Ok(led) => {
                let finding = Finding::new(expected, format!("the LED was switched {}", word(led)));
                finding.hint(self.instead(on).await?)
            }
            Err(why) => {
                let finding = missed(&self.device.record, expected, &why);
                if finding.hint.is_some() {
                    finding
                } else if self.obeys_the_same_later(on).await? {
                    finding.hint(EACH_COUNTS)
                } else if self.reads_another_spelling(on).await? {
                    finding.hint(READ_AS_JSON)
                } else {
                    finding
                }
            }
        }))
    }

    /// Gives an order and waits until the LED is as it says, whatever else has switched it before.
    pub async fn obeyed_at_last(&mut self, on: bool) -> Result<Result<(), Finding>, Stop> {
        let start = self.device.record.len();
        let order = self.order(on).await?;
        let expected = format!("the LED switched {} by {order}", word(on));
        let becomes = self.becomes(start, on, PROMPT).await;
        Ok(becomes.map_err(|why| missed(&self.device.record, expected, &why)))
    }

    /// Makes sure that the LED is as `on` says: a device may leave alone what is so already.
    pub async fn establish(&mut self, on: bool) -> Result<Result<(), Finding>, Stop> {
        if self.device.board.led() == Some(on) {
            return Ok(Ok(()));
        }
        self.obeyed_at_last(on).await
    }

    async fn becomes(&self, start: usize, on: bool, limit: Duration) -> Result<(), Missed> {
        let is = |entries: &[Entry]| (queries::led(entries) == Some(on)).then_some(());
        self.device.record.when(start, limit, is).await
    }

    /// The LED went to where it belongs without a detour. Some set it once more to what it was.
    fn straight(&self, start: usize, on: bool, order: &str) -> Result<(), Finding> {
        let detour = self.device.record.look(|entries| {
            let was = queries::led(&entries[..start]).unwrap_or_default();
            changes(&entries[start..], was) > usize::from(was != on)
        });
        if detour {
            return Err(flicker(format!("the LED switched {} by {order}", word(on))));
        }
        Ok(())
    }

    /// With the LED as `on` says: some payloads, then the same state once more, the other, and the
    /// same again. Two changes, if the payloads and what they are followed by change nothing. A change
    /// that comes late shows at the next call.
    ///
    /// # Errors
    /// The inner one says that the LED does not follow any more.
    pub async fn undisturbed_by(
        &mut self,
        payloads: &[&[u8]],
        on: bool,
    ) -> Result<Result<bool, Finding>, Stop> {
        if self.device.board.led() != Some(on) {
            if let Some(count) = &mut self.counted {
                count.changes += 1;
            }
            if let Err(finding) = self.obeyed_at_last(on).await? {
                return Ok(Err(finding));
            }
        }
        let count = self.counted.get_or_insert(Count {
            from: self.device.record.len(),
            was: on,
            changes: 0,
        });
        count.changes += 2;
        let wanted = *count;
        for payload in payloads {
            self.send(*payload).await?;
        }
        for state in [on, !on, on] {
            self.order(state).await?;
        }
        let followed = self.device.record.when(wanted.from, PROMPT, |entries| {
            let enough = changes(entries, wanted.was) >= wanted.changes;
            (enough && queries::led(entries) == Some(on)).then_some(())
        });
        let followed = followed.await;
        self.device.calm(CALM).await;
        Ok(match followed {
            Ok(()) => Ok(self.is_as_ordered()),
            Err(why) => {
                let expected = format!("the LED off and on, and {} at last", word(on));
                Err(missed(&self.device.record, expected, &why))
            }
        })
    }

    /// Sends so many orders at once, on and off, and waits until the LED has followed them all.
    ///
    /// # Errors
    /// The inner one says how many it followed.
    pub async fn rush(&mut self, orders: usize) -> Result<Result<(), Finding>, Stop> {
        self.counted = None;
        if let Err(finding) = self.establish(false).await? {
            return Ok(Err(finding));
        }
        let start = self.device.record.len();
        let metronome = Metronome::start();
        self.device.line.hold();
        for order in 0..orders {
            self.order(order % 2 == 0).await?;
        }
        self.device.comes_all_at_once(orders, start).await?;
        let followed = self.device.record.when(start, PROMPT, |entries| {
            (changes(entries, false) >= orders).then_some(())
        });
        let expected = format!("the LED switched by each of {orders} commands that came at once");
        let Err(why) = followed.await else {
            let done = self.device.record.look(|entries| {
                let switched = |entry: &&Entry| matches!(entry.event, Event::Led(_));
                let switched = entries[start..].iter().filter(switched);
                switched.map(|entry| entry.at).collect::<Vec<_>>()
            });
            return rush::at_once(&expected, &done, &metronome);
        };
        let silent = Some(
            "Each command is obeyed, however many come and however soon after another, the hundredth \
             as the first.",
        );
        let so_far = |entries: &[Entry]| changes(entries, false);
        let finding = rush::too_few(self.device, start, &why, expected, silent, so_far).await;
        Ok(Err(finding))
    }

    /// Whether the LED has changed as often as it was ordered to, once the device has had time to
    /// finish what it was doing.
    pub async fn is_as_ordered_at_last(&self) -> bool {
        for _ in 0..2 {
            // Who does not look any more is told so elsewhere.
            let _ = self.device.look().await;
        }
        self.is_as_ordered()
    }

    /// Whether the LED has changed as often as it was ordered to.
    fn is_as_ordered(&self) -> bool {
        self.counted.is_none_or(|count| {
            let seen = |entries: &[Entry]| changes(&entries[count.from..], count.was);
            self.device.record.look(seen) == count.changes
        })
    }

    /// What to try when it did not do what it was ordered: what does it do instead?
    async fn instead(&mut self, on: bool) -> Result<&'static str, Stop> {
        let mut follows = [false; 2];
        for follow in &mut follows {
            let start = self.device.record.len();
            self.order(!on).await?;
            *follow = self.becomes(start, !on, SECOND_THOUGHTS).await.is_ok();
        }
        Ok(match follows {
            [false, true] => {
                "It does what the command before this one has said. Switch the LED by the command \
                 that has just come in."
            }
            [false, false] if self.device.board.led() == Some(on) => {
                "It does the opposite of what the command says. `PinState::from(led_on)` is high, \
                 and the LED on, when `led_on` is true."
            }
            _ if self.reads_another_spelling(on).await? => READ_AS_JSON,
            _ => {
                "It does something else than the command says. `PinState::from(led_on)` with the \
                 boolean from the payload is high, and the LED on, when `led_on` is true."
            }
        })
    }

    async fn obeys_the_same_later(&self, on: bool) -> Result<bool, Stop> {
        let last = SPELLINGS[self.given.saturating_sub(1) % SPELLINGS.len()];
        let start = self.device.record.len();
        self.send(last.replace("STATE", &on.to_string())).await?;
        Ok(self.becomes(start, on, SECOND_THOUGHTS).await.is_ok())
    }

    async fn reads_another_spelling(&self, on: bool) -> Result<bool, Stop> {
        for spelling in SPELLINGS {
            let start = self.device.record.len();
            self.send(spelling.replace("STATE", &on.to_string()))
                .await?;
            if self.becomes(start, on, SECOND_THOUGHTS).await.is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A payload as it is shown to people.
fn one_line(payload: &str) -> String {
    payload.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How often the LED changed that was so at first.
fn changes(entries: &[Entry], was: bool) -> usize {
    let mut last = was;
    let mut changes = 0;
    for led in queries::leds(entries) {
        changes += usize::from(led != last);
        last = led;
    }
    changes
}

/// An LED that is not switched straight to where it belongs.
pub(in crate::scenario) fn flicker(expected: String) -> Finding {
    Finding::new(expected, "the LED went off and on in between").hint(
        "A command says what the LED shall be. Switch it once, to just that: neither off first, nor \
         to the opposite of what it was.",
    )
}
