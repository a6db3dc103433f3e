//! A step begins where the one before ended: a program's solution is the earlier one's, line for
//! line, but for the pieces that it marks as its own.
//!
//! A piece takes the place of whatever stood there in the earlier solution, or of nothing. What a
//! chapter of the earlier step showed, a piece that was marked there, may also end without another
//! in its place.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use course::anchors::{self, Line};
use course::{Program, Step, steps};
use libtest_mimic::Trial;

use super::{root, test};

pub fn tests(step: &'static Step) -> Vec<Trial> {
    let earlier = || {
        steps()
            .iter()
            .take_while(|other| other.number < step.number)
    };
    let follows = |program: &&Program| {
        let mut programs = earlier().flat_map(|step| &step.programs);
        program.follows.is_some() || programs.any(|earlier| earlier.id == program.id)
    };
    step.programs
        .iter()
        .filter(follows)
        .map(|program| {
            let name = format!("lineage {} {}", step.name(), program.id);
            test(name, move || goes_on(step, program))
        })
        .collect()
}

fn goes_on(step: &Step, program: &Program) -> anyhow::Result<()> {
    let earlier = program.follows.as_ref();
    let earlier = earlier.with_context(|| {
        format!(
            "an earlier step has a {} too: which one does it follow?",
            program.id
        )
    })?;
    let solutions = root()?.join("solutions");
    let read = |file: &Path| {
        let file = solutions.join(file);
        fs::read_to_string(&file).with_context(|| file.display().to_string())
    };
    let later = Path::new(&step.folder).join(&program.source);
    compare(&read(Path::new(earlier))?, &read(&later)?)
        .with_context(|| format!("{} follows {earlier}", later.display()))
}

/// What the later solution is made of, in order.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part<'a> {
    /// A line of the earlier one.
    Kept(&'a str),
    /// A piece of its own, in the place of any number of lines.
    Own,
}

/// Its lines, but for blank ones, each with whether it stands in a marked piece.
fn code(source: &str) -> anyhow::Result<Vec<(&str, bool)>> {
    let lines = anchors::lines(source)?.into_iter();
    let code = lines.filter_map(|marked| match marked.line {
        Line::Code(code) if !code.trim().is_empty() => Some((code, !marked.inside.is_empty())),
        _ => None,
    });
    Ok(code.collect())
}

fn compare(earlier: &str, later: &str) -> anyhow::Result<()> {
    let own = |(line, marked)| if marked { Part::Own } else { Part::Kept(line) };
    let mut parts: Vec<Part> = code(later)?.into_iter().map(own).collect();
    parts.dedup_by(|next, part| *next == Part::Own && *part == Part::Own);
    // How many parts the lines read so far have come to: the same line may stand in several
    // places, so there may be several ways.
    let mut reached = BTreeSet::from([0]);
    let mut furthest = 0;
    for (line, was_marked) in code(earlier)? {
        pass_own(&parts, &mut reached);
        furthest = furthest.max(reached.last().copied().unwrap_or_default());
        let mut next = BTreeSet::new();
        for place in reached {
            match parts.get(place) {
                Some(Part::Kept(kept)) if *kept == line => drop(next.insert(place + 1)),
                Some(Part::Own) => drop(next.insert(place)),
                _ => {}
            }
            if was_marked {
                next.insert(place);
            }
        }
        reached = next;
    }
    pass_own(&parts, &mut reached);
    let odd = match parts.get(furthest) {
        Some(Part::Kept(line)) => format!("`{line}`"),
        Some(Part::Own) | None => "its end".to_owned(),
    };
    ensure!(
        reached.contains(&parts.len()),
        "outside of its pieces it is not the earlier one from {odd} on"
    );
    Ok(())
}

/// A piece may also take the place of nothing.
fn pass_own(parts: &[Part], reached: &mut BTreeSet<usize>) {
    let owns = reached
        .iter()
        .filter(|place| parts.get(**place) == Some(&Part::Own));
    let after: Vec<usize> = owns.map(|place| place + 1).collect();
    reached.extend(after);
}

/// Whether the comparison itself sees what it should.
pub fn of_the_comparison() -> Vec<Trial> {
    const EARLIER: &str = "a\n// ANCHOR: x\nb\n// ANCHOR_END: x\n}\nc\n}\n";
    let cases = [
        ("the same", "a\nb\n}\nc\n}\n", true),
        (
            "a piece more",
            "a\nb\n}\nc\n// ANCHOR: y\nd\n// ANCHOR_END: y\n}\n",
            true,
        ),
        (
            "a piece instead",
            "a\nb\n}\n// ANCHOR: y\nd\n// ANCHOR_END: y\n}\n",
            true,
        ),
        ("an earlier piece less", "a\n}\nc\n}\n", true),
        ("a line more", "a\nb\n}\nc\nd\n}\n", false),
        ("a brace more", "a\nb\n}\nc\n}\n}\n", false),
        ("a line less", "a\nb\n}\n}\n", false),
        ("a brace less", "a\nb\n}\nc\n", false),
        ("a line moved", "b\na\n}\nc\n}\n", false),
        ("another indentation", "a\nb\n}\n  c\n}\n", false),
    ];
    let case = |(what, later, fine)| {
        test(format!("lineage compares {what}"), move || {
            let compared = compare(EARLIER, later);
            ensure!(compared.is_ok() == fine, "{compared:?}");
            Ok(())
        })
    };
    cases.map(case).into()
}
