//! The account of a batch: what was recorded, and what is still to be done.

use std::collections::BTreeSet;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use course::verdict::Verdict;
use course::wording::counted;
use course::{Step, steps};
use grading::class::{Class, Gathered, extensions, means};
use grading::excerpt;
use grading::import::Imported;
use grading::journal::{Batch, Folder, Journal, Record};
use grading::manual::{self, Decided};
use grading::rubric::{self, Scored};
use terminal::say;
use terminal::workspace::shown;

use crate::cli::Arguments;
use crate::course::Course;
use crate::sandbox::Sandbox;

/// The account of a batch: what counts of it in memory, all of it in the journal on disk.
pub struct Account {
    journal: Journal,
    gathered: Gathered,
    /// Names of all who have handed in, of the parts that others grade as well.
    everyone: Vec<String>,
}

/// One step of one learner that is still to be checked.
#[derive(Debug)]
pub struct Task {
    pub learner: String,
    /// The name or the number by which others see the learner.
    pub shown: String,
    pub folder: PathBuf,
    pub step: &'static Step,
}

impl Account {
    /// Begins a journal, or continues one with `--resume`.
    pub fn open(arguments: &Arguments) -> anyhow::Result<Self> {
        let out = &arguments.out;
        fs::create_dir_all(out).with_context(|| format!("creating {}", shown(out)))?;
        let mut gathered = Gathered::default();
        let mut is_new = true;
        let (journal, torn) = Journal::open(&out.join("journal.jsonl"), |mut record| {
            is_new = false;
            // Journals of older kits have them at any length.
            if let Record::Checked { verdict, .. } = &mut record {
                excerpt::cut(verdict);
            }
            gathered.add(record);
        })?;
        if !is_new && !arguments.resume && arguments.only.is_empty() {
            bail!(
                "{} holds the results of a run before. Go on with it by --resume, or name another \
                 folder with --out",
                shown(out)
            );
        }
        if torn.is_some() {
            say::out("The last line of the journal was half written; it is left out.\n")?;
        }
        Ok(Self {
            journal,
            gathered,
            everyone: Vec::new(),
        })
    }

    /// Takes over what the parts of a class have recorded.
    pub fn adopt(&mut self, records: Vec<Record>) -> anyhow::Result<()> {
        records.into_iter().try_for_each(|record| self.add(record))
    }

    /// Records the batch and what was taken in, and returns the seed.
    pub fn begin(
        &mut self,
        arguments: &Arguments,
        sandbox: &Sandbox,
        imported: Imported,
    ) -> anyhow::Result<u64> {
        let before = self.gathered.batch().map(|batch| batch.seed);
        let seed = match (before, arguments.seed) {
            (Some(before), Some(wanted)) if before != wanted => bail!(
                "the class was asked by seed {before} so far: leave --seed out, or name another \
                 folder with --out"
            ),
            (Some(seed), _) | (None, Some(seed)) => seed,
            (None, None) => fastrand::u64(1..1_000_000),
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.add(Record::Batch(Batch {
            seed,
            started: now.map_or(0, |since| since.as_secs()),
            reduced: sandbox.reduced.clone(),
        }))?;
        let mut records = handed_in(imported).into_iter();
        if let Some(folder) = records.next() {
            self.add(folder)?;
        }
        // Who withdrew does not count as changed.
        let before = self.gathered.verdicts();
        for record in records {
            self.add(record)?;
        }
        let changed = before - self.gathered.verdicts();
        if changed > 0 {
            let words = counted(
                changed,
                "step was changed since it was graded, and is graded again",
                "steps were changed since they were graded, and are graded again",
            );
            say::out(&format!("{words}.\n"))?;
        }
        Ok(seed)
    }

    /// Before anything is recorded: a slip in `course.toml` is mended, and the same command goes.
    pub fn check_late(&mut self, course: &Course, imported: &Imported) -> anyhow::Result<()> {
        let late = &course.lateness.submissions;
        let new = imported.submissions.iter();
        self.everyone = new.map(|submission| submission.learner.clone()).collect();
        let unknown = self.gathered.unknown(late, &course.steps, &self.everyone);
        if !unknown.is_empty() {
            bail!(
                "[late] names nobody's submission and no step of one: {}",
                unknown.join(", ")
            );
        }
        Ok(())
    }

    /// Records a verdict.
    pub fn checked(&mut self, learner: String, verdict: Verdict) -> anyhow::Result<()> {
        self.add(Record::Checked { learner, verdict })
    }

    fn add(&mut self, record: Record) -> anyhow::Result<()> {
        self.journal.append(&record)?;
        self.gathered.add(record);
        Ok(())
    }

    /// The class as it stands.
    pub fn class(self, course: &Course) -> Class {
        self.gathered.class(course.steps.clone())
    }

    /// Takes in what humans have written into tables of their own.
    pub fn take_in(&mut self, arguments: &Arguments, course: &mut Course) -> anyhow::Result<()> {
        let read = |file: &Path| fs::read(file).with_context(|| shown(file));
        if let Some(file) = &arguments.extensions {
            let learners = self.gathered.learners();
            let mut names = self.everyone.clone();
            names.extend(learners.map(|learner| learner.name.clone()));
            let extensions = extensions(&names, &read(file)?).with_context(|| shown(file))?;
            course.lateness.extensions = extensions;
        }
        if arguments.anonymous {
            self.number()?;
        }
        if let Some(file) = &arguments.scores {
            self.merge(course, &read(file)?, arguments.anonymous)?;
        }
        if let Some(file) = &arguments.manual {
            self.decide(course, &read(file)?, arguments.anonymous)
                .with_context(|| shown(file))?;
        }
        Ok(())
    }

    /// Lets a human's scores count: what was typed into the sheet `sheet`, where it is new.
    fn merge(&mut self, course: &Course, sheet: &[u8], anonymous: bool) -> anyhow::Result<()> {
        let class = self.shown(course, anonymous);
        for Scored { learner, scores } in rubric::typed(&class, &course.comparisons, sheet)? {
            let learner = self.known_as(learner);
            self.add(Record::Scored { learner, scores })?;
        }
        Ok(())
    }

    /// The class as a human sees it who types something in.
    fn shown(&self, course: &Course, anonymous: bool) -> Class {
        let class = self.gathered.clone().class(course.steps.clone());
        if anonymous { class.anonymous() } else { class }
    }

    /// The name of a learner that is given by name or by number.
    fn known_as(&self, shown: String) -> String {
        let mut learners = self.gathered.learners();
        let by_number = learners.find(|learner| learner.pseudonym() == shown);
        by_number.map_or(shown, |learner| learner.name.clone())
    }

    /// Gives everybody a number who has none: a chance one, which stays.
    fn number(&mut self) -> anyhow::Result<()> {
        let mut taken: BTreeSet<u32> = self.gathered.numbers().collect();
        let learners = self.gathered.learners();
        let without = learners.filter(|learner| learner.number.is_none());
        let without: Vec<String> = without.map(|learner| learner.name.clone()).collect();
        for learner in without {
            let number = iter::repeat_with(|| fastrand::u32(100_000..1_000_000))
                .find(|number| !taken.contains(number))
                .unwrap_or_default();
            taken.insert(number);
            self.add(Record::Numbered { learner, number })?;
        }
        Ok(())
    }

    /// Lets a human's decisions on single steps count.
    fn decide(&mut self, course: &Course, table: &[u8], anonymous: bool) -> anyhow::Result<()> {
        let class = self.shown(course, anonymous);
        for decided in manual::decided(&class, table)? {
            let Decided {
                learner,
                step,
                manual,
            } = decided;
            let learner = self.known_as(learner);
            self.add(Record::Decided {
                learner,
                step,
                manual,
            })?;
        }
        Ok(())
    }

    /// Steps that were handed in and are not graded yet; of the learners `only` all that was handed in, if there are
    /// any, and nothing else.
    pub fn open_tasks(&self, only: &[String], anonymous: bool) -> anyhow::Result<Vec<Task>> {
        let known = |entry: &String| {
            let steps = || steps().iter().map(|step| step.name());
            let mut learners = self.gathered.learners();
            learners.any(|learner| steps().any(|step| means(entry, &learner.name, &step)))
        };
        if let Some(unknown) = only.iter().find(|entry| !known(entry)) {
            bail!("--only {unknown}: there is no submission of that name, and no step of one");
        }
        let mut tasks = Vec::new();
        let mut outdated = 0;
        for learner in self.gathered.learners() {
            let Some(submission) = &learner.submission else {
                continue;
            };
            for step in steps() {
                let name = step.name();
                let is_done = if only.is_empty() {
                    let verdict = self.gathered.verdict(&learner.name, &name);
                    let is_old = verdict.is_some_and(|verdict| verdict.is_outdated(step));
                    outdated += usize::from(is_old);
                    verdict.is_some() && !is_old
                } else {
                    !only.iter().any(|entry| means(entry, &learner.name, &name))
                };
                if is_done || submission.is_missing(&name) {
                    continue;
                }
                let shown = if anonymous {
                    // Of one word: it becomes a part of a file name.
                    learner.pseudonym().replace(' ', "-")
                } else {
                    learner.name.clone()
                };
                tasks.push(Task {
                    learner: learner.name.clone(),
                    shown,
                    folder: submission.folder.clone(),
                    step,
                });
            }
        }
        if outdated > 0 {
            say::out(&format!(
                "{} of older checks, and newer ones judge anew.\n",
                counted(outdated, "verdict is", "verdicts are")
            ))?;
        }
        Ok(tasks)
    }
}

/// The records of what lies in the folder of submissions, the folder's own first.
fn handed_in(imported: Imported) -> Vec<Record> {
    let Imported { submissions, aside } = imported;
    let learners = submissions.iter();
    let learners = learners.map(|submission| submission.learner.clone());
    let folder = Record::Folder(Folder {
        learners: learners.collect(),
        aside,
    });
    let submissions = submissions.into_iter().map(Record::Imported);
    [folder].into_iter().chain(submissions).collect()
}
