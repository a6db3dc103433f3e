//! What a scene finds, criterion by criterion.

use course::verdict::{Outcome, Row};
use course::{Criterion, ProgramId, Step};

/// What was seen instead of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What should have been seen.
    pub expected: String,
    /// What was seen.
    pub actual: String,
    /// A hint that fits this finding better than the criterion's own.
    pub hint: Option<String>,
    /// Whether it rests on what was noted first, of the wire and of the board: a machine that is busy
    /// for a moment can turn that round.
    pub rests_on_order: bool,
}

impl Finding {
    /// Expected this, saw that.
    pub fn new(expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            actual: actual.into(),
            hint: None,
            rests_on_order: false,
        }
    }

    /// Resting on what was noted first, of the wire and of the board.
    #[must_use]
    pub fn by_order(mut self) -> Self {
        self.rests_on_order = true;
        self
    }

    /// With a hint of its own.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Whether a criterion was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It was.
    Pass,
    /// It was not.
    Fail(Finding),
    /// It could not be seen, because something before it failed.
    Skip,
}

impl Judgement {
    /// Whether something else was seen than what was asked for.
    pub fn is_fail(&self) -> bool {
        matches!(self, Self::Fail(_))
    }
}

/// The judgements on all of a step's criteria, as far as one scene can see.
///
/// Scenes name what they judge by its rule, which several steps share, and the program it is asked
/// of.
#[derive(Debug)]
pub struct Sheet {
    rows: Vec<(&'static Criterion, Judgement)>,
    /// What a scene judged and the step does not ask: a mistake of ours.
    unknown: Option<String>,
}

impl Sheet {
    /// Nothing judged yet.
    pub fn new(step: &'static Step) -> Self {
        let rows = step.criteria.iter();
        Self {
            rows: rows.map(|asked| (asked, Judgement::Skip)).collect(),
            unknown: None,
        }
    }

    /// Whether the step asks this of the program.
    pub fn asks(&self, rule: &str, program: ProgramId) -> bool {
        let is = |(known, _): &(&Criterion, _)| is_asked(known, rule, program);
        self.rows.iter().any(is)
    }

    /// Notes a judgement. The first finding stays: later ones often follow from it.
    pub fn note(&mut self, rule: &str, program: ProgramId, judgement: Judgement) {
        let mut rows = self.rows.iter_mut();
        match rows.find(|(known, _)| is_asked(known, rule, program)) {
            Some((_, row)) if row.is_fail() => {}
            Some((_, row)) => *row = judgement,
            None => self.unknown = Some(format!("{rule}` of the `{program}")),
        }
    }

    /// What was found of a rule.
    pub fn judgement(&self, rule: &str, program: ProgramId) -> Option<&Judgement> {
        let mut rows = self.rows.iter();
        let found = rows.find(|(known, _)| is_asked(known, rule, program));
        found.map(|(_, judgement)| judgement)
    }

    /// Takes back every other finding: this one explains them all.
    pub fn explains_all(&mut self, rule: &str, program: ProgramId) {
        for (known, row) in &mut self.rows {
            if !is_asked(known, rule, program) && row.is_fail() {
                *row = Judgement::Skip;
            }
        }
    }

    /// Takes back every finding: another scene's explain them all.
    pub fn says_nothing(&mut self) {
        for (_, row) in &mut self.rows {
            *row = Judgement::Skip;
        }
    }

    /// Whether a criterion has failed.
    pub fn has_failed(&self) -> bool {
        self.rows.iter().any(|(_, row)| row.is_fail())
    }

    /// Whether some finding rests on what was noted first, of the wire and of the board.
    pub fn rests_on_order(&self) -> bool {
        let rests = |row: &Judgement| matches!(row, Judgement::Fail(found) if found.rests_on_order);
        self.rows.iter().any(|(_, row)| rests(row))
    }

    /// Adds what another scene has found: a criterion that several judged is met when none of them
    /// says otherwise.
    pub fn merge(&mut self, other: Self) {
        for ((_, row), (_, seen)) in self.rows.iter_mut().zip(other.rows) {
            if *row == Judgement::Skip || (seen.is_fail() && !row.is_fail()) {
                *row = seen;
            }
        }
        self.unknown = self.unknown.take().or(other.unknown);
    }

    /// All rows, in the step's order.
    ///
    /// # Errors
    /// When a scene judged what the step does not ask.
    pub fn into_rows(self) -> anyhow::Result<Vec<Row>> {
        if let Some(id) = self.unknown {
            anyhow::bail!("a scene of this step judges `{id}`, which it does not ask");
        }
        Ok(self.rows.into_iter().map(row).collect())
    }
}

fn is_asked(criterion: &Criterion, rule: &str, program: ProgramId) -> bool {
    criterion.rule == rule && criterion.program.is_none_or(|asked| asked == program)
}

fn row((criterion, judgement): (&Criterion, Judgement)) -> Row {
    let (status, finding) = match judgement {
        Judgement::Pass => (Outcome::Pass, None),
        Judgement::Skip => (Outcome::Skip, None),
        Judgement::Fail(finding) => (Outcome::Fail, Some(finding)),
    };
    let (expected, actual, hint) = match finding {
        None => (None, None, None),
        Some(finding) => (
            Some(finding.expected),
            Some(finding.actual),
            Some(finding.hint.unwrap_or_else(|| criterion.hint.clone())),
        ),
    };
    Row {
        id: criterion.id.clone(),
        title: criterion.title.clone(),
        points: match status {
            Outcome::Pass => criterion.points,
            Outcome::Fail | Outcome::Skip => 0,
        },
        status,
        max_points: criterion.points,
        expected,
        actual,
        hint,
        chapter: Some(criterion.chapter.clone()),
    }
}
