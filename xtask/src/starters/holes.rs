//! Cuts the pieces that a learner writes out of a solution's source.

use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::course::Step;

const ANCHOR: &str = "// ANCHOR: ";
const ANCHOR_END: &str = "// ANCHOR_END: ";

/// What `step.toml` says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The step's title, as in the course.
    pub title: String,
    /// The pieces that are cut out.
    #[serde(default, rename = "hole")]
    holes: Vec<Hole>,
    /// Which file of the step before each file goes on from.
    #[serde(default)]
    pub follows: Vec<Follows>,
}

/// A file that goes on from one of the step before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Follows {
    /// Within the step's folder.
    pub file: String,
    /// Within `solutions/`.
    pub previous: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hole {
    /// Within the step's folder.
    file: String,
    anchor: String,
    /// What takes its place, at the anchor's indentation.
    starter: String,
}

impl Plan {
    /// Reads a `step.toml`.
    ///
    /// # Errors
    /// When it cannot be read or says something else.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = super::read(file)?;
        toml::from_str(&text).with_context(|| format!("in {}", file.display()))
    }

    /// The starter of one source file.
    ///
    /// # Errors
    /// When an anchor is not closed, is closed without being opened, or a hole has no anchor.
    pub fn starter(&self, file: &str, source: &str) -> anyhow::Result<String> {
        let holes = || self.holes.iter().filter(|hole| hole.file == file);
        let mut starter = String::new();
        let mut open: Vec<&str> = Vec::new();
        let mut cut: Option<&str> = None;
        let mut used = 0;
        for line in source.lines() {
            let code = line.trim_start();
            if let Some(name) = code.strip_prefix(ANCHOR) {
                open.push(name);
                if cut.is_none()
                    && let Some(hole) = holes().find(|hole| hole.anchor == name)
                {
                    used += 1;
                    cut = Some(name);
                    push_indented(&mut starter, &hole.starter, line.len() - code.len());
                }
            } else if let Some(name) = code.strip_prefix(ANCHOR_END) {
                let opened = open.iter().rposition(|opened| *opened == name);
                let opened = opened.with_context(|| format!("anchor {name} is not open"))?;
                open.remove(opened);
                if cut == Some(name) {
                    cut = None;
                }
            } else if cut.is_none() {
                starter += line;
                starter.push('\n');
            }
        }
        if let Some(name) = open.first() {
            bail!("anchor {name} is not closed");
        }
        if used != holes().count() {
            let names: Vec<&str> = holes().map(|hole| hole.anchor.as_str()).collect();
            bail!(
                "step.toml names anchors that are not there, or not outside another hole: {}",
                names.join(", ")
            );
        }
        Ok(collapse_blank_lines(&starter))
    }

    /// # Errors
    /// When a hole names a file that the step does not have.
    pub fn check_files(&self, step: &Step) -> anyhow::Result<()> {
        for hole in &self.holes {
            if !step
                .programs
                .iter()
                .any(|program| program.source == hole.file)
            {
                bail!(
                    "{}: step.toml names {}, which is no program",
                    step.folder,
                    hole.file
                );
            }
        }
        Ok(())
    }
}

fn push_indented(text: &mut String, lines: &str, indent: usize) {
    for line in lines.trim_matches('\n').lines() {
        if !line.is_empty() {
            text.extend(std::iter::repeat_n(' ', indent));
        }
        text.push_str(line);
        text.push('\n');
    }
}

/// An empty hole leaves the blank lines on both its sides; rustfmt allows one.
fn collapse_blank_lines(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    let mut blank = false;
    for line in text.lines() {
        if !(blank && line.is_empty()) {
            collapsed += line;
            collapsed.push('\n');
        }
        blank = line.is_empty();
    }
    collapsed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(anchor: &str, starter: &str) -> Plan {
        Plan {
            holes: vec![Hole {
                file: "a.rs".to_owned(),
                anchor: anchor.to_owned(),
                starter: starter.to_owned(),
            }],
            ..Plan::default()
        }
    }

    const SOURCE: &str = "one\n    // ANCHOR: a\n    two\n    // ANCHOR: b\n    three\n    \
                          // ANCHOR_END: b\n    // ANCHOR_END: a\nfour\n";

    #[test]
    fn a_hole_takes_its_anchor_and_all_inside() {
        let starter = plan("a", "\n// TODO 1: write\ncode();\n").starter("a.rs", SOURCE);
        assert_eq!(
            starter.unwrap(),
            "one\n    // TODO 1: write\n    code();\nfour\n"
        );
    }

    #[test]
    fn other_anchors_leave_their_lines() {
        let starter = plan("b", "").starter("a.rs", SOURCE).unwrap();
        assert_eq!(starter, "one\n    two\nfour\n");
        let other_file = plan("b", "").starter("b.rs", SOURCE).unwrap();
        assert_eq!(other_file, "one\n    two\n    three\nfour\n");
    }

    #[test]
    fn what_does_not_fit_is_said() {
        assert!(plan("nowhere", "").starter("a.rs", SOURCE).is_err());
        assert!(Plan::default().starter("a.rs", "// ANCHOR: a\n").is_err());
        assert!(
            Plan::default()
                .starter("a.rs", "// ANCHOR_END: a\n")
                .is_err()
        );
    }
}
