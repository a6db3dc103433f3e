//! The name under which a program introduces itself.

use crate::actor::Actor;
use crate::findings::payload;
use crate::sheet::Finding;

/// Whether it is the one that the course gives it.
pub fn judge(actual: &str, actor: &Actor) -> Result<(), Finding> {
    let (program, id) = (actor.program, actor.id.as_str());
    let expected = &program.client_name_as(&actor.device, id);
    if actual == expected {
        return Ok(());
    }
    let finding = Finding::new(
        format!("client name {expected}"),
        if actual.is_empty() {
            "a CONNECT with no client name".to_owned()
        } else {
            format!("client name {actual}")
        },
    );
    if let Some(end) = end_of_device(actual, actor) {
        return Err(finding.hint(match end {
            "" | "_" => {
                "The device's own name is missing at its end. With more than one device, all of \
                 them would have the same client name, and throw each other off the broker for \
                 ever: take it from `settings.device`."
            }
            _ => {
                "It ends otherwise: behind `nightlight_client` come one `_` and the name of this \
                 device, to the letter, as it is in `settings.device`."
            }
        }));
    }
    let suffix = expected.strip_prefix(id).unwrap_or_default();
    let others = course::steps().iter().flat_map(|step| &step.programs);
    let mut others = others.filter(|other| other.client != program.client);
    let front = actual.strip_suffix(suffix);
    Err(
        if let Some(other) = others.find(|other| actual == other.client_name(id)) {
            finding.hint(format!(
                "That is the name of the {}. No two clients may share one: the broker throws the \
                 first one out when the second comes.",
                other.id
            ))
        } else if actual.to_lowercase() == expected.to_lowercase() {
            finding.hint(
                "That is nearly it. Names are compared letter by letter, capitals too: take the id \
                 as it is.",
            )
        } else if !actual.is_empty() && expected.starts_with(actual) {
            finding.hint(
                "The name is cut short. All of it is needed, however long it is: brokers of today \
                 take client names of more than 23 characters.",
            )
        } else if actual == format!("{suffix}{id}") {
            finding.hint(format!(
                "That is the wrong way round: first the id, then `{suffix}`."
            ))
        } else if front.is_some_and(|front| !front.is_empty() && id.starts_with(front)) {
            finding.hint(
                "The id is cut short. The whole id belongs in front, however long it is: brokers \
                 of today take client names of more than 23 characters.",
            )
        } else if actual.starts_with(expected.as_str()) {
            finding.hint(format!(
                "After the id comes exactly `{suffix}`, each time, and nothing behind it. Who comes \
                 back under the same name takes their own place again, and one `Client` is enough \
                 for a program."
            ))
        } else if actual.contains(id) {
            finding.hint(format!(
                "After the id comes exactly `{suffix}`, with nothing in between."
            ))
        } else if front.is_some_and(|front| payload::is_like(front, id)) {
            finding.hint(
                "That is nearly it, but not your id to the letter: leave nothing out of it, and \
                 change nothing.",
            )
        } else if actual.ends_with(suffix) {
            finding.hint(
                "The name ends right, but your id is not in front. Take it from `settings.id`: two \
                 learners with one name throw each other off the broker for ever.",
            )
        } else {
            finding
        },
    )
}

/// What stands where the device's own name belongs, if it is a device with one.
fn end_of_device<'a>(actual: &'a str, actor: &Actor) -> Option<&'a str> {
    let all = actor.program.client_name_as("", &actor.id);
    let end = actual.strip_prefix(all.trim_end_matches('_'));
    end.filter(|_| actor.is_named())
}
