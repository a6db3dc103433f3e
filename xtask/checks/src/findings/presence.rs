//! A device says whether it is there: a will, a retained word after every CONNACK, and one when it
//! goes.

use arena::record::{Entry, Missed};
use rumqttc::QoS;
use rumqttc::mqttbytes::v4::{self, Publish};

use super::{missed, payload};
use crate::actor::{Actor, PROMPT};
use crate::queries;
use crate::sheet::Finding;

/// Its CONNECT has the right will.
pub const WILL: &str = "will";
/// It says that it is there.
pub const SAYS_ONLINE: &str = "says-online";
/// It says so again when somebody else says the contrary, and only then.
pub const CORRECTS: &str = "corrects";
/// At Ctrl-C it says that it goes.
pub const SAYS_OFFLINE: &str = "says-offline";

/// The kind of topic that it says so on.
pub const STATUS: &str = "status";
/// It is there.
pub const ONLINE: &str = "online";
/// It is not.
pub const OFFLINE: &str = "offline";

/// Whether each CONNECT so far leaves the will that is asked for.
///
/// # Errors
/// Says what is wrong with it.
pub fn wills(actor: &Actor) -> Result<(), Finding> {
    let connects: Vec<v4::Connect> = actor
        .record
        .look(|entries| queries::connects(entries).cloned().collect());
    connects.iter().try_for_each(|connect| will(actor, connect))
}

fn will(actor: &Actor, connect: &v4::Connect) -> Result<(), Finding> {
    let expected = "a CONNECT with a will: `offline` on the status, retained, with QoS 1";
    let Some(will) = &connect.last_will else {
        return Err(Finding::new(expected, "a CONNECT without a will").hint(
            "The will is part of the CONNECT: `options.set_last_will(LastWill::new(…))` before the \
             options go to `Client::new`.",
        ));
    };
    payload::topic(&will.topic, &actor.id, STATUS).map_err(|finding| Finding {
        expected: format!("a will on the {}", finding.expected),
        actual: format!("one on the {}", finding.actual),
        hint: finding.hint.or_else(|| {
            Some(
                "The will says whether the device is there, so its place is the status: your id, \
                 followed by `/status`."
                    .to_owned(),
            )
        }),
        rests_on_order: false,
    })?;
    if will.message != OFFLINE {
        let text = String::from_utf8_lossy(&will.message);
        return Err(Finding::new("a will that says `offline`", format!("it says `{text}`")).hint(
            "The broker publishes the will when you are gone: its message is `offline`, in small \
             letters and without quotes.",
        ));
    }
    if !will.retain {
        return Err(Finding::new("a will that is retained", "a will that is not").hint(
            "A will that is not retained reaches only who listens in that moment, and for all who \
             come later the retained `online` stays: the fourth argument of `LastWill::new` is \
             `true`.",
        ));
    }
    quality(will.qos, "a will").map_err(|finding| {
        finding.hint(
            "A will with QoS 0 may get lost on its way to the others: the third argument of \
             `LastWill::new` is `QoS::AtLeastOnce`.",
        )
    })
}

fn quality(qos: QoS, what: &str) -> Result<(), Finding> {
    if qos == QoS::AtLeastOnce {
        return Ok(());
    }
    Err(Finding::new(
        format!("{what} with QoS 1"),
        format!("{what} with QoS {}", qos as u8),
    ))
}

fn status(actor: &Actor) -> String {
    format!("{}/{STATUS}", actor.id)
}

/// A word of the program about itself.
pub fn is_word(entry: &Entry, actor: &Actor) -> bool {
    queries::publish(entry).is_some_and(|it| it.topic == status(actor))
}

/// Where in these entries the program says this about itself.
pub fn says(entries: &[Entry], actor: &Actor, word: &str) -> Option<usize> {
    entries.iter().position(|entry| {
        is_word(entry, actor) && queries::publish(entry).is_some_and(|it| it.payload == word)
    })
}

/// Waits from `start` on until the program has said that it is there, and looks at how. Returns the
/// place after it.
///
/// # Errors
/// What was seen instead: of [`SAYS_ONLINE`].
pub async fn arrives(actor: &Actor, start: usize) -> Result<usize, Finding> {
    let topic = status(actor);
    let expected = format!("a PUBLISH of `{ONLINE}` on {topic} after the CONNACK");
    let come = actor.drive(start, PROMPT, |entries| {
        let accepted = entries.iter().position(queries::is_accepted)?;
        let word = entries[accepted..]
            .iter()
            .position(|entry| is_word(entry, actor))?;
        Some(accepted + word)
    });
    let place = match come.await {
        Ok(place) => start + place,
        Err(why) => return Err(silent(actor, start, expected, &why)),
    };
    let word = actor
        .record
        .look(|entries| queries::publish(&entries[place]).cloned());
    if let Some(word) = word {
        right_word(&word, ONLINE)?;
    }
    Ok(place + 1)
}

fn silent(actor: &Actor, start: usize, expected: String, why: &Missed) -> Finding {
    let elsewhere = actor.record.look(|entries| {
        let mut published = queries::published(&entries[start..]);
        let word = published.find(|it| it.payload.eq_ignore_ascii_case(ONLINE.as_bytes()));
        word.map(|it| it.topic.clone())
    });
    if let Some(elsewhere) = elsewhere
        && let Err(finding) = payload::topic(&elsewhere, &actor.id, STATUS)
    {
        return finding;
    }
    let finding = missed(&actor.record, expected, why);
    let before = actor
        .record
        .look(|entries| says(&entries[..start], actor, ONLINE).is_some());
    if finding.hint.is_none() && before {
        return finding.hint(
            "It said so once, at its start. Meanwhile the broker has published its will, or has \
             forgotten all: `online` comes after every CONNACK.",
        );
    }
    finding
}

/// Whether a word is said as it should be.
fn right_word(message: &Publish, wanted: &str) -> Result<(), Finding> {
    if message.payload != wanted {
        let text = String::from_utf8_lossy(&message.payload);
        return Err(Finding::new(
            format!("the payload `{wanted}` on the status"),
            format!("`{text}`"),
        )
        .hint("The words are `online` and `offline`, in small letters and without quotes."));
    }
    if !message.retain {
        return Err(Finding::new(
            format!("a retained `{wanted}`"),
            format!("an `{wanted}` that is not retained"),
        )
        .hint(
            "The third argument of `try_publish` is `true`: who comes later asks the broker, and it \
             has only what is retained.",
        ));
    }
    quality(message.qos, &format!("`{wanted}`")).map_err(|finding| {
        finding.hint("What must not get lost is published with QoS 1: `QoS::AtLeastOnce`.")
    })
}

/// Whether the program had asked for its own status before it spoke there, in the connection that
/// it spoke in at `word`.
///
/// # Errors
/// When it spoke first.
pub fn listens_first(actor: &Actor, word: usize) -> Result<(), Finding> {
    let listened = actor.record.look(|entries| {
        let before = &entries[..word];
        let accepted = before.iter().rposition(queries::is_accepted);
        queries::filters(&before[accepted.unwrap_or_default()..])
            .any(|filter| filter == status(actor))
    });
    if listened {
        return Ok(());
    }
    Err(Finding::new(
        format!("a SUBSCRIBE to {} before the first word there", status(actor)),
        "a word, and no SUBSCRIBE before it",
    )
    .hint(
        "Listen before you speak, after every CONNACK: `try_subscribe` first. Who speaks first does \
         not hear it when the will of the dead connection comes a moment later.",
    ))
}

/// Looks back at all that the program said: one `online` for each CONNACK, one for each fresh
/// `offline` that came in, and none after its own.
///
/// # Errors
/// Names the first one that nobody asked for.
pub fn only_when_asked(actor: &Actor) -> Result<(), Finding> {
    let topic = status(actor);
    actor.record.look(|entries| {
        let (mut due, mut leaving, mut found_offline) = (0_usize, false, false);
        let mut last_heard = String::from("nothing");
        for entry in entries {
            if queries::is_accepted(entry) {
                due += 1;
                found_offline = false;
                last_heard = "the CONNACK".to_owned();
            }
            if let Some(v4::Packet::Publish(it)) = queries::received(entry)
                && it.topic == topic
            {
                let kind = if it.retain { "retained" } else { "fresh" };
                let text = String::from_utf8_lossy(&it.payload);
                last_heard = format!("a {kind} `{text}`");
                due += usize::from(!it.retain && it.payload == OFFLINE);
                found_offline |= it.retain && it.payload == OFFLINE;
            }
            if !is_word(entry, actor) {
                continue;
            }
            let word = queries::publish(entry).map(|it| &it.payload);
            if word.is_some_and(|it| *it == OFFLINE) {
                leaving = true;
            } else if leaving {
                return Err(after_leaving());
            } else if due == 0 {
                return Err(unasked(&last_heard, found_offline));
            } else {
                due -= 1;
            }
        }
        Ok(())
    })
}

fn unasked(last_heard: &str, found_offline: bool) -> Finding {
    let finding = Finding::new(
        "an `online` after a CONNACK or a fresh `offline`, and none besides",
        format!("one more `online`, after {last_heard}"),
    );
    if found_offline {
        finding.hint(
            "A retained `offline` says what was so before you came, and you have said `online` \
             already: `message.retain` tells it from news.",
        )
    } else {
        finding.hint(
            "Only `offline` on your own status is wrong while you are connected. Anything else that \
             somebody says there, your own `online` above all, needs no answer.",
        )
    }
}

/// It said that it is there, though it was leaving.
pub fn after_leaving() -> Finding {
    Finding::new(
        "no `online` after Ctrl-C",
        "an `online`, which stays with the broker when the device is gone",
    )
    .hint(
        "After Ctrl-C the device never says `online`: neither to its own `offline`, which it hears, \
         nor at a CONNACK that comes just then. Ask whether it is leaving in the same lock in which \
         it speaks.",
    )
}

/// Waits until the program has said that it goes, from `start` on, and returns the place of it.
///
/// # Errors
/// What was seen instead, of [`SAYS_OFFLINE`].
pub async fn says_offline(actor: &Actor, start: usize) -> Result<usize, Finding> {
    let expected = format!("a PUBLISH of `{OFFLINE}` on {} at Ctrl-C", status(actor));
    let said = actor.record.when(start, PROMPT, |entries| {
        let word = entries.iter().position(|entry| is_word(entry, actor));
        let goodbye = entries.iter().position(is_goodbye);
        match (word, goodbye) {
            (Some(word), _) => Some(Some(word)),
            (None, Some(_)) => Some(None),
            (None, None) => None,
        }
    });
    let place = match said.await {
        Ok(Some(place)) => start + place,
        Ok(None) => return Err(unsaid(expected, "a DISCONNECT without it")),
        Err(Missed::Ended(_)) => return Err(unsaid(expected, "the end without it")),
        Err(why) => return Err(missed(&actor.record, expected, &why)),
    };
    let word = actor
        .record
        .look(|entries| queries::publish(&entries[place]).cloned());
    if let Some(word) = word {
        right_word(&word, OFFLINE)?;
    }
    Ok(place)
}

fn unsaid(expected: String, actual: &str) -> Finding {
    Finding::new(expected, actual).hint(
        "After a goodbye the broker forgets the will, and the retained `online` stays for ever. \
         Before it leaves, the device says `offline` itself.",
    )
}

/// Whether the program says goodbye to the broker here.
pub fn is_goodbye(entry: &Entry) -> bool {
    matches!(queries::sent(entry), Some(v4::Packet::Disconnect))
}
