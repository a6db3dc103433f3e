//! A class's submissions: taken in safely, recorded result by result, and handed back in the formats
//! instructors use. The crate `grade` does the checking in between.
//!
//! How `cargo xtask grade DIR --out OUT` calls it:
//!
//! 1. [`import::import`] copies the allowed source files of every learner to a scratch folder and tells
//!    what it refused and what is missing.
//! 2. [`journal::Journal::open`] on `OUT/journal.jsonl`: it gives back what a run before has recorded. Record
//!    a [`journal::Record::Batch`] first, then the folder and each import, then each [`course::verdict::Verdict`] as it
//!    comes (the JSON line of `check --format json` parses into one), and [`rubric`] scores if there are any. Skip what
//!    [`class::Gathered::verdict`] tells is done.
//! 3. [`class::Gathered::class`] from the journal's records, and nothing else.
//! 4. From the class: [`sheets`] (grades.csv, Canvas, Moodle), [`machines`] (JUnit XML, JSON, Gradescope,
//!    GitHub Classroom), [`pages`] (a feedback page a learner, an overview), [`similarity`] (for a human to look at).
//!
//! An error of the kit's own (`infra_error`) is never a zero: its cell stays blank everywhere.

pub mod charset;
pub mod class;
pub mod date;
pub mod excerpt;
pub mod file_lock;
pub mod import;
pub mod journal;
pub mod json;
pub mod machines;
pub mod manual;
pub mod pages;
pub mod rubric;
pub mod sheets;
pub mod similarity;
pub mod text;
