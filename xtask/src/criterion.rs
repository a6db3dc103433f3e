//! What is asked of a program, and what was found.

/// One thing a step's program must do.
#[derive(Clone, Copy, Debug)]
pub struct Criterion {
    /// Names it for machines, unique within its step.
    pub id: &'static str,
    /// Says it to people, as a sentence about the program.
    pub title: &'static str,
    /// What it is worth.
    pub points: u32,
    /// What to try when it is not met and nothing better is known.
    pub hint: &'static str,
    /// Where the book explains it: `chapter.md#heading`.
    pub chapter: &'static str,
    /// The number of the TODO in the starter that leads to it, and the program it is in.
    pub todo: Option<Todo>,
}

/// A hole in a starter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Todo {
    /// The source, within the step's folder.
    pub file: &'static str,
    /// As in `// TODO 2:`.
    pub number: u8,
}

/// What was seen instead of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What should have been seen.
    pub expected: String,
    /// What was seen.
    pub actual: String,
    /// A hint that fits this finding better than the criterion's own.
    pub hint: Option<String>,
}

impl Finding {
    /// Expected this, saw that.
    pub fn new(expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            actual: actual.into(),
            hint: None,
        }
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

/// The judgements on one scene's criteria.
#[derive(Debug)]
pub struct Sheet {
    rows: Vec<(&'static Criterion, Judgement)>,
}

impl Sheet {
    /// Nothing judged yet.
    pub fn new(criteria: &[&'static Criterion]) -> Self {
        Self {
            rows: criteria
                .iter()
                .map(|criterion| (*criterion, Judgement::Skip))
                .collect(),
        }
    }

    /// Notes that a criterion is met, unless it has already failed.
    pub fn pass(&mut self, criterion: &Criterion) {
        self.note(criterion, Judgement::Pass);
    }

    /// Notes what was found instead. The first finding stays: later ones often follow from it.
    pub fn fail(&mut self, criterion: &Criterion, finding: Finding) {
        self.note(criterion, Judgement::Fail(finding));
    }

    /// Notes either.
    pub fn judge(&mut self, criterion: &Criterion, found: Result<(), Finding>) {
        match found {
            Ok(()) => self.pass(criterion),
            Err(finding) => self.fail(criterion, finding),
        }
    }

    /// Notes only what is wrong: whether it is met was seen elsewhere, or not at all.
    pub fn judge_seen(&mut self, criterion: &Criterion, found: Result<(), Finding>) {
        if let Err(finding) = found {
            self.fail(criterion, finding);
        }
    }

    /// Takes back every other finding: this one explains them all.
    pub fn explains_all(&mut self, criterion: &Criterion) {
        for (known, row) in &mut self.rows {
            if known.id != criterion.id && matches!(row, Judgement::Fail(_)) {
                *row = Judgement::Skip;
            }
        }
    }

    fn note(&mut self, criterion: &Criterion, judgement: Judgement) {
        if let Some((_, row)) = self
            .rows
            .iter_mut()
            .find(|(known, _)| known.id == criterion.id)
            && !matches!(row, Judgement::Fail(_))
        {
            *row = judgement;
        }
    }

    /// All rows in the order of the criteria.
    pub fn into_rows(self) -> Vec<(&'static Criterion, Judgement)> {
        self.rows
    }
}
