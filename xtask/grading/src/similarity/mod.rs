//! Pairs of submissions that share more than the starter explains: for a human to look at, never scored.
//!
//! What the fingerprints of two learners have in common is counted. What the starter has, and what more
//! than half of the class has, counts for nobody.

mod cluster;
mod fingerprint;
mod tokens;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

pub use cluster::{Cluster, clusters};
use fingerprint::{Prints, View, all, kept};

/// Fewest shared runs that are reported; fewer are chance.
const FEWEST: usize = 6;
/// Matching lines of a pair that are told, the first of the text.
const MOST_PASSAGES: usize = 100;
/// Smallest class in which something common to more than half is no sign of copying.
const CLASS: usize = 6;

/// One learner's source of one step, all its files together.
#[derive(Debug, Clone)]
pub struct Source {
    /// The learner's name.
    pub learner: String,
    /// Id of the step.
    pub step: String,
    /// The source text.
    pub text: String,
}

/// Two submissions that are alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// Name of one learner.
    pub first: String,
    /// Name of the other learner.
    pub second: String,
    /// Id of the step.
    pub step: String,
    /// Of the own code of the one who wrote less: how much the other has, too; 0 to 1.
    pub share: f64,
    /// Whether that holds only when names are left out of account.
    pub renamed: bool,
    /// Matching line numbers in the first and the second text, counted from 1.
    pub passages: Vec<(usize, usize)>,
}

/// Pairs of which at least `share` (0 to 1) is alike, the most alike first. `starters` by step.
#[must_use]
pub fn pairs(sources: &[Source], starters: &BTreeMap<String, String>, share: f64) -> Vec<Pair> {
    let mut by_step: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
    for source in sources {
        by_step.entry(&source.step).or_default().push(source);
    }
    let mut found = Vec::new();
    for (step, sources) in by_step {
        let starter = starters.get(step).map(String::as_str).unwrap_or_default();
        let exact = compare(&sources, starter, View::Exact, share);
        let known: HashSet<(String, String)> = exact
            .iter()
            .map(|pair| (pair.first.clone(), pair.second.clone()))
            .collect();
        let nameless = compare(&sources, starter, View::Nameless, share.max(0.8));
        found.extend(exact);
        found.extend(
            nameless
                .into_iter()
                .filter(|pair| !known.contains(&(pair.first.clone(), pair.second.clone()))),
        );
    }
    found.sort_by(|one, other| {
        other
            .share
            .total_cmp(&one.share)
            .then_with(|| one.first.cmp(&other.first))
    });
    found
}

fn compare(sources: &[&Source], starter: &str, view: View, share: f64) -> Vec<Pair> {
    let given = all(starter, view);
    let mut prints: Vec<Prints> = sources
        .iter()
        .map(|source| kept(&source.text, view, &given))
        .collect();
    let mut owners: HashMap<u64, usize> = HashMap::new();
    for hash in prints.iter().flat_map(HashMap::keys) {
        *owners.entry(*hash).or_default() += 1;
    }
    if sources.len() >= CLASS {
        for own in &mut prints {
            own.retain(|hash, _| owners[hash] * 2 <= sources.len());
        }
    }
    let mut found = Vec::new();
    for (one, first) in sources.iter().enumerate() {
        for (other, second) in sources.iter().enumerate().skip(one + 1) {
            let shared: Vec<(usize, usize)> = prints[one]
                .iter()
                .filter_map(|(hash, line)| Some((*line, *prints[other].get(hash)?)))
                .collect();
            let smaller = prints[one].len().min(prints[other].len());
            let alike = shared.len() as f64 / smaller.max(1) as f64;
            if shared.len() >= FEWEST && alike >= share {
                found.push(Pair {
                    first: first.learner.clone(),
                    second: second.learner.clone(),
                    step: first.step.clone(),
                    share: alike,
                    renamed: view == View::Nameless,
                    passages: passages(shared),
                });
            }
        }
    }
    found
}

fn passages(mut lines: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    lines.sort_unstable();
    lines.dedup();
    lines.truncate(MOST_PASSAGES);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTER: &str = "
        use rumqttc::{Client, MqttOptions};
        fn main() -> anyhow::Result<()> {
            let settings = Settings::load()?;
            let options = MqttOptions::new(\"nobody\", &settings.broker.host, settings.broker.port);
            let (client, mut connection) = Client::new(options, 10);
            for event in connection.iter() { println!(\"{event:?}\"); }
            Ok(())
        }";
    const ADA: &str = "
        fn decide(light: i64) -> bool { light < 300 }
        fn answer(client: &Client, payload: &[u8]) -> Option<bool> {
            let reading: Reading = serde_json::from_slice(payload).ok()?;
            let on = decide(reading.light);
            let text = serde_json::json!({ \"led_on\": on }).to_string();
            client.try_publish(\"commands\", QoS::AtMostOnce, false, text).ok()?;
            Some(on)
        }";
    const BOB: &str = "
        struct Server<'a> { id: &'a str, client: Client }
        impl Server<'_> {
            fn on_message(&mut self, value: serde_json::Value) {
                if let Some(level) = value.get(\"light\").and_then(|light| light.as_u64()) {
                    let command = if level >= 300 { r#\"{\"led_on\":false}\"# } else { r#\"{\"led_on\":true}\"# };
                    if let Err(error) = self.client.try_publish(format!(\"{}/commands\", self.id), QoS::AtMostOnce, false, command) {
                        eprintln!(\"no command sent: {error}\");
                    }
                }
            }
        }";

    fn found(texts: &[(&str, String)]) -> Vec<Pair> {
        let source = |(learner, text): &(&str, String)| Source {
            learner: (*learner).into(),
            step: "step4".into(),
            text: text.clone(),
        };
        let sources: Vec<Source> = texts.iter().map(source).collect();
        pairs(
            &sources,
            &BTreeMap::from([("step4".into(), STARTER.into())]),
            0.5,
        )
    }

    fn with(own: &str) -> String {
        format!("{STARTER}{own}")
    }

    #[test]
    fn the_starter_alone_is_no_likeness() {
        assert_eq!(
            found(&[
                ("ada", with(ADA)),
                ("bob", with(BOB)),
                ("eve", STARTER.into()),
                ("cyd", STARTER.into())
            ]),
            []
        );
    }

    #[test]
    fn a_copy_is_found_with_its_lines() {
        let found = found(&[("ada", with(ADA)), ("bob", with(BOB)), ("eve", with(ADA))]);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].first.as_str(), found[0].second.as_str()),
            ("ada", "eve")
        );
        assert!(found[0].share > 0.99 && !found[0].renamed);
        let passages = &found[0].passages;
        assert!(
            passages.iter().all(|(one, other)| one == other),
            "{passages:?}"
        );
        assert!(
            passages
                .iter()
                .any(|(line, _)| *line > STARTER.lines().count()),
            "{passages:?}"
        );
    }

    #[test]
    fn comments_spaces_and_order_do_not_hide_a_copy() {
        let copy = ADA
            .replace("fn ", "// my own work!\n  fn   ")
            .replace("let ", "/* truly */ let ");
        let copy = format!("{copy}{STARTER}");
        assert_eq!(found(&[("ada", with(ADA)), ("eve", copy)]).len(), 1);
    }

    #[test]
    fn new_names_do_not_hide_a_copy() {
        let copy = ADA
            .replace("light", "level")
            .replace("reading", "data")
            .replace("decide", "is_dark");
        let copy = copy
            .replace("answer", "reply")
            .replace("text", "body")
            .replace("on)", "lit)")
            .replace("let on", "let lit");
        let found = found(&[("ada", with(ADA)), ("bob", with(BOB)), ("eve", with(&copy))]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].renamed);
    }

    #[test]
    fn what_the_whole_class_writes_is_nobodys() {
        let mut class: Vec<(&str, String)> = ["a", "b", "c", "d", "e", "f"]
            .into_iter()
            .map(|learner| (learner, with(ADA)))
            .collect();
        assert_eq!(found(&class), []);
        class.truncate(3);
        assert_eq!(found(&class).len(), 3);
    }

    #[test]
    fn what_is_no_rust_is_compared_all_the_same() {
        let broken = "fn ( { \"unclosed 'a r#\" /* never ends ".repeat(40);
        let _ = found(&[
            ("ada", broken.clone()),
            ("eve", broken),
            ("bob", String::new()),
        ]);
    }
}
