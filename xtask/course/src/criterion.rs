//! What is asked of a program.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::program::{Program, ProgramId};

/// One thing a step's program must do.
#[derive(Clone, Debug)]
pub struct Criterion {
    /// Names it for machines, unique within its step.
    pub id: String,
    /// What scenes call it: several steps may ask the same of their programs.
    pub rule: String,
    /// The program it is asked of; none where it takes all of them together.
    pub program: Option<ProgramId>,
    /// Says it to people, as a sentence about the program.
    pub title: String,
    /// What it is worth among the step's criteria.
    pub points: u32,
    /// What to try when it is not met and nothing better is known.
    pub hint: String,
    /// Where the book explains it: `chapter.md#heading`.
    pub chapter: String,
    /// The hole in the starter that leads to it.
    pub todo: Option<Todo>,
}

/// A hole in a starter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    /// The source, within the step's folder.
    pub file: String,
    /// As in `// TODO 2:`.
    pub number: u8,
}

/// A criterion as a step's file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    #[serde(rename = "use")]
    rule: Option<String>,
    id: Option<String>,
    program: Option<String>,
    title: Option<String>,
    points: u32,
    hint: Option<String>,
    chapter: Option<String>,
    todo: Option<u8>,
    /// The source that the TODO is in, where it is not what the program begins with.
    file: Option<String>,
}

/// A criterion that steps share, with places for the program's name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    title: String,
    hint: String,
    chapter: String,
}

static RULES: LazyLock<Result<BTreeMap<String, Rule>, toml::de::Error>> =
    LazyLock::new(|| toml::from_str(include_str!("../rules.toml")));

impl Entry {
    /// Puts it together with the rule it uses, for one of a step's programs.
    pub fn resolve(self, programs: &[Program]) -> anyhow::Result<Criterion> {
        let name = self.id.clone().or_else(|| self.rule.clone());
        let name = name.context("a criterion has neither `id` nor `use`")?;
        let shared = match &self.rule {
            Some(rule) => Some(shared(rule)?),
            None => None,
        };
        let program = match (&self.program, programs) {
            (Some(id), programs) => Some(
                programs
                    .iter()
                    .find(|program| program.id.name() == id)
                    .with_context(|| format!("{name}: the step has no program {id}"))?,
            ),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let alone = programs.len() == 1;
        let text = |own: Option<String>, shared: Option<&String>, what: &str| {
            own.or_else(|| Some(filled(shared?, program, alone)))
                .with_context(|| format!("{name} has no {what}"))
        };
        let source = self.file.or_else(|| Some(program?.source.clone()));
        let todo = match (self.todo, source) {
            (Some(number), Some(file)) => Some(Todo { file, number }),
            (Some(_), None) => {
                anyhow::bail!("{name}: which `file` is the TODO of all programs in?")
            }
            (None, _) => None,
        };
        Ok(Criterion {
            rule: self.rule.unwrap_or_else(|| name.clone()),
            program: program.map(|program| program.id),
            title: text(self.title, shared.map(|rule| &rule.title), "title")?,
            points: self.points,
            hint: text(self.hint, shared.map(|rule| &rule.hint), "hint")?,
            chapter: text(self.chapter, shared.map(|rule| &rule.chapter), "chapter")?,
            todo,
            id: name,
        })
    }
}

fn shared(rule: &str) -> anyhow::Result<&'static Rule> {
    let rules = RULES.as_ref().context("xtask/course/rules.toml")?;
    rules
        .get(rule)
        .with_context(|| format!("xtask/course/rules.toml has no [{rule}]"))
}

fn filled(text: &str, program: Option<&Program>, alone: bool) -> String {
    let named = |lone: &str, words: &str| match program {
        Some(program) if !alone => words.replace("{}", program.id.name()),
        _ => lone.to_owned(),
    };
    text.replace("{Program}", &named("The program", "The {}"))
        .replace("{It}", &named("It", "The {}"))
        .replace("{it}", &named("it", "the {}"))
        .replace("{Its}", &named("Its", "The {}'s"))
        .replace("{suffix}", program.map_or("", |program| &program.client))
}

/// Refuses criteria that machines or scenes could not tell apart.
pub(crate) fn distinct(criteria: &[Criterion]) -> anyhow::Result<()> {
    for (place, criterion) in criteria.iter().enumerate() {
        let twin = criteria[..place].iter().any(|other| {
            other.id == criterion.id
                || (&other.rule, other.program) == (&criterion.rule, criterion.program)
        });
        ensure!(!twin, "{} is asked twice", criterion.id);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_shared_rule_speaks_of_the_program_it_is_asked_of() {
        let of = |step: usize, id: &str| {
            let criteria = &crate::steps()[step - 1].criteria;
            criteria
                .iter()
                .find(|criterion| criterion.id == id)
                .unwrap()
        };
        assert_eq!(
            of(1, "client-name").title,
            "Its client name is your id, followed by nightlight_client"
        );
        assert_eq!(
            of(4, "server-name").title,
            "The server's client name is your id, followed by nightlight_server"
        );
        assert_eq!(of(4, "server-name").rule, "client-name");
        assert!(of(1, "client-name").hint.contains("nightlight_client"));
    }
}
