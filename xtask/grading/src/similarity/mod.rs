//! Pairs of submissions that share more than the starter explains: for a human to look at, never scored.
//!
//! What the fingerprints of two learners have in common is counted. What the starter has, and what more
//! than half of the class has, counts for nobody.

mod cluster;
mod fingerprint;
mod marked;
mod tokens;

use std::collections::{HashMap, HashSet};

use serde::Serialize;

pub use cluster::{Cluster, clusters};
use fingerprint::{Prints, View, all, kept};
pub use marked::{Block, Given, Kind, Marked, marked};

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
    /// The page that shows both texts, relative to the overview's folder, if there is one.
    pub page: Option<String>,
}

/// What was found in the sources of one step.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The most alike first.
    pub pairs: Vec<Pair>,
    /// What counts for nobody.
    pub given: Given,
}

/// Pairs of which at least `share` (0 to 1) is alike, in the sources of one step.
#[must_use]
pub fn pairs(sources: &[Source], starter: &str, share: f64) -> Found {
    let mut given = Given {
        exact: all(starter, View::Exact),
        nameless: all(starter, View::Nameless),
        lines: starter.lines().map(|line| line.trim().to_owned()).collect(),
    };
    let mut pairs = compare(sources, &mut given.exact, View::Exact, share);
    let known: HashSet<(String, String)> = pairs
        .iter()
        .map(|pair| (pair.first.clone(), pair.second.clone()))
        .collect();
    let nameless = compare(sources, &mut given.nameless, View::Nameless, share.max(0.8));
    pairs.extend(
        nameless
            .into_iter()
            .filter(|pair| !known.contains(&(pair.first.clone(), pair.second.clone()))),
    );
    pairs.sort_by(|one, other| {
        other
            .share
            .total_cmp(&one.share)
            .then_with(|| one.first.cmp(&other.first))
    });
    Found { pairs, given }
}

/// Adds to what is `given` what most of the class has.
fn compare(sources: &[Source], given: &mut HashSet<u64>, view: View, share: f64) -> Vec<Pair> {
    let mut prints: Vec<Prints> = sources
        .iter()
        .map(|source| kept(&source.text, view, given))
        .collect();
    let mut owners: HashMap<u64, usize> = HashMap::new();
    for hash in prints.iter().flat_map(HashMap::keys) {
        *owners.entry(*hash).or_default() += 1;
    }
    if sources.len() >= CLASS {
        owners.retain(|_, count| *count * 2 > sources.len());
        given.extend(owners.keys());
        for own in &mut prints {
            own.retain(|hash, _| !owners.contains_key(hash));
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
                    page: None,
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
        pairs(&sources, STARTER, 0.5).pairs
    }

    /// The kinds of a text's lines, as one letter each, beside another text.
    fn kinds(own: &str, other: &str) -> String {
        let source = |learner: &str, text: &str| Source {
            learner: learner.into(),
            step: "step4".into(),
            text: text.into(),
        };
        let found = pairs(&[source("a", own), source("b", other)], STARTER, 0.5);
        let [marked, _] = marked(own, other, &found.given, false);
        let letter = |kind| match kind {
            Kind::Given => "g",
            Kind::Shared => "S",
            Kind::Own => "o",
        };
        let blocks = marked.blocks.iter();
        blocks
            .map(|block| letter(block.kind).repeat(block.lines.len()))
            .collect()
    }

    #[test]
    fn side_by_side_shows_what_was_given_what_is_shared_and_what_is_own() {
        let given = STARTER.lines().count();
        let own = ADA.lines().count() - 1;
        let all = kinds(&with(ADA), &with(ADA));
        assert_eq!(all.len(), given + own);
        assert!(all.starts_with(&"g".repeat(given - 1)), "{all}");
        assert!(all.ends_with(&"S".repeat(own - 1)), "{all}");
        let none = kinds(&with(ADA), &with(BOB));
        assert!(
            !none.contains('S') && none.ends_with(&"o".repeat(own - 1)),
            "{none}"
        );
        // A comment tells as much as code, and one of the starter tells nothing.
        let note = "// A remark that nobody else would make.\n";
        assert_eq!(kinds(note, note), "S");
        assert_eq!(kinds(note, "// Another one.\n"), "o");
        assert_eq!(kinds("", ""), "");
    }

    #[test]
    fn each_shared_block_says_where_the_other_has_it() {
        let (one, other) = (with(ADA), format!("{}\n\n{}", ADA.trim(), STARTER.trim()));
        let source = |text: &String| Source {
            learner: text.len().to_string(),
            step: "step4".into(),
            text: text.clone(),
        };
        let found = pairs(&[source(&one), source(&other)], STARTER, 0.5);
        let both = marked(&one, &other, &found.given, false);
        let shared = |marked: &Marked| {
            let block = marked
                .blocks
                .iter()
                .find(|block| block.kind == Kind::Shared);
            block.map(|block| (block.from, block.twin)).unwrap()
        };
        let (first, second) = (shared(&both[0]), shared(&both[1]));
        assert_eq!((second.0, second.1), (1, Some(first.0)));
        assert_eq!(first.1, Some(1));
    }

    #[test]
    fn of_a_text_without_end_the_beginning_is_marked() {
        let long = "a b c d e f g h i j k\n".repeat(5_000);
        let [first, second] = marked(&long, &long, &Given::default(), true);
        assert_eq!(first, second);
        let lines: usize = first.blocks.iter().map(|block| block.lines.len()).sum();
        assert_eq!(lines + first.left_out, 5_000);
        assert!(lines <= 1_500, "{lines}");
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
