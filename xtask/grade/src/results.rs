//! Everything that is written from a class: sheets, files for other programs, pages.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use grading::class::{Class, Learner};
use grading::rubric::{self, Comparison};
use grading::sheets::{self, Platform};
use grading::similarity::Pair;
use grading::{machines, pages, text};

/// A sheet that a learning platform gave out.
#[derive(Debug)]
pub struct Download<'a> {
    /// The platform that it came from.
    pub platform: Platform,
    /// Path of the sheet.
    pub file: &'a Path,
    /// Title of the column to fill in.
    pub column: &'a str,
}

/// Writes all results to `out`, over those of a run before.
///
/// # Errors
/// When a file cannot be written.
pub fn write(
    out: &Path,
    class: &Class,
    comparisons: &[Comparison],
    alike: &[Pair],
) -> anyhow::Result<()> {
    let mut grades = Vec::new();
    sheets::grades(class, &mut grades)?;
    put(&out.join("grades.csv"), &grades)?;
    let mut scores = Vec::new();
    rubric::sheet(class, comparisons, &mut scores)?;
    put(&out.join("rubric.csv"), &scores)?;
    put(&out.join("results.json"), machines::json(class)?)?;
    put(&out.join("junit.xml"), machines::junit(class)?)?;
    for (index, learner) in class.learners.iter().enumerate() {
        let name = file_name(index, learner);
        let page = pages::feedback(class, learner, comparisons);
        put(&out.join("feedback").join(format!("{name}.html")), page)?;
        let result = machines::gradescope(class, learner)?;
        put(&out.join("gradescope").join(format!("{name}.json")), result)?;
        // Base64, as a step of a workflow hands it on.
        let result = machines::classroom(class, learner)?;
        put(&out.join("classroom").join(format!("{name}.txt")), result)?;
    }
    let page_of = |learner: &Learner| {
        let index = class
            .learners
            .iter()
            .position(|known| known.name == learner.name);
        format!(
            "feedback/{}.html",
            file_name(index.unwrap_or_default(), learner)
        )
    };
    put(
        &out.join("overview.html"),
        pages::overview(class, alike, page_of),
    )
}

/// Fills in a downloaded sheet, and says how that went.
///
/// # Errors
/// When it cannot be read, has no such column, or the filled one cannot be written.
pub fn fill(out: &Path, class: &Class, download: &Download) -> anyhow::Result<String> {
    let file = download.file;
    let sheet = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let filled = sheets::fill(class, download.platform, &sheet, download.column)
        .with_context(|| format!("in {}", file.display()))?;
    let name = match download.platform {
        Platform::Canvas => "canvas.csv",
        Platform::Moodle => "moodle.csv",
    };
    put(&out.join(name), &filled.sheet)?;
    let mut words = format!("{name}: {} rows filled in\n", filled.filled);
    if !filled.unmatched.is_empty() {
        let names: Vec<String> = filled
            .unmatched
            .iter()
            .map(|name| text::cell(name))
            .collect();
        words += &format!("  no row, or more than one, for {}\n", names.join(", "));
    }
    Ok(words)
}

/// A file name that differs between learners whose names look alike.
fn file_name(index: usize, learner: &Learner) -> String {
    format!("{:03}-{}", index + 1, text::file_name(&learner.name))
}

/// Replaces a file in one go: who reads it meanwhile sees the old one or the new one.
fn put(file: &Path, content: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let failed = || format!("writing {}", file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(failed)?;
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    fs::write(&new, content).with_context(failed)?;
    fs::rename(&new, file).with_context(failed)
}
