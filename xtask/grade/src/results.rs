//! Everything that is written from a class: sheets, files for other programs, pages.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use course::wording::counted;
use grading::class::{Class, Learner};
use grading::rubric::{self, Comparison};
use grading::sheets::{self, Dialect, Platform};
use grading::similarity::Pair;
use grading::{machines, pages, text};

/// What ends the names of files that are written one a learner.
const ENDINGS: [&str; 3] = [".html", ".json", ".txt"];

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

/// Writes all results to `out`, over those of a run before. Tells whether rubric.csv was left alone, because somebody
/// has typed into it what is recorded nowhere else.
///
/// # Errors
/// When a file cannot be written.
pub fn write(
    out: &Path,
    class: &Class,
    comparisons: &[Comparison],
    dialect: Dialect,
    alike: &[Pair],
) -> anyhow::Result<bool> {
    let mut grades = Vec::new();
    sheets::grades(class, dialect, &mut grades)?;
    put(&out.join("grades.csv"), &grades)?;
    let mut scores = Vec::new();
    rubric::sheet(class, comparisons, dialect, &mut scores)?;
    let sheet = out.join("rubric.csv");
    let rubric_kept =
        fs::read(&sheet).is_ok_and(|sheet| rubric::is_typed_into(class, comparisons, &sheet));
    if !rubric_kept {
        put(&sheet, &scores)?;
    }
    // Of a whole class, and so not in memory.
    write_to(&out.join("results.json"), |to| {
        Ok(machines::json(class, to)?)
    })?;
    write_to(&out.join("junit.xml"), |to| Ok(machines::junit(class, to)?))?;
    let mut written = BTreeSet::new();
    for (index, learner) in class.learners.iter().enumerate() {
        let name = file_name(index, learner);
        written.insert(name.clone());
        let page = pages::feedback(class, learner, comparisons);
        put(&out.join("feedback").join(format!("{name}.html")), page)?;
        let result = machines::gradescope(class, learner)?;
        put(&out.join("gradescope").join(format!("{name}.json")), result)?;
        // Base64, as a step of a workflow hands it on.
        let result = machines::classroom(class, learner)?;
        put(&out.join("classroom").join(format!("{name}.txt")), result)?;
    }
    for folder in ["feedback", "gradescope", "classroom"] {
        clear(&out.join(folder), &written)?;
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
    )?;
    Ok(rubric_kept)
}

/// Which filled-in sheets of a run before lie there still, and are not filled in anew.
pub fn stale(out: &Path, downloads: &[Download]) -> String {
    let platforms = [
        (Platform::Canvas, "--canvas"),
        (Platform::Moodle, "--moodle"),
    ];
    let left = platforms.into_iter().filter(|(platform, _)| {
        let is_new = downloads
            .iter()
            .any(|download| download.platform == *platform);
        !is_new && out.join(name_of(*platform)).exists()
    });
    let words = left.map(|(platform, option)| {
        let name = name_of(platform);
        format!("{name} is of a run before: name the sheet with {option} to fill it in anew\n")
    });
    words.collect()
}

fn name_of(platform: Platform) -> &'static str {
    match platform {
        Platform::Canvas => "canvas.csv",
        Platform::Moodle => "moodle.csv",
    }
}

/// Writes whose each number is.
///
/// # Errors
/// When the file cannot be written.
pub fn key(out: &Path, class: &Class, dialect: Dialect) -> anyhow::Result<()> {
    write_to(&out.join("key.csv"), |to| Ok(class.key(dialect, to)?))
}

/// Removes what a run before has written into `folder` of learners, or of places in the list, that are no more.
///
/// # Errors
/// When it cannot be removed.
pub fn clear(folder: &Path, written: &BTreeSet<String>) -> anyhow::Result<()> {
    let failed = || format!("clearing {}", folder.display());
    let entries = match fs::read_dir(folder) {
        // Of an empty class nothing is written.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.with_context(failed)?,
    };
    for entry in entries {
        let path = entry.with_context(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
        let is_ours = stem.is_some_and(|stem| {
            let number = stem.split_once('-').map(|(number, _)| number);
            number.is_some_and(|number| {
                number
                    .parse::<usize>()
                    .is_ok_and(|index| number == format!("{index:03}"))
            })
        });
        if is_ours && stem.is_some_and(|stem| !written.contains(stem)) {
            fs::remove_file(&path).with_context(failed)?;
        }
    }
    Ok(())
}

/// Fills in a downloaded sheet, and says how that went.
///
/// # Errors
/// When it cannot be read, has no such column, or the filled one cannot be written.
pub fn fill(
    out: &Path,
    class: &Class,
    download: &Download,
    anonymous: bool,
) -> anyhow::Result<String> {
    let file = download.file;
    let sheet = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let filled = sheets::fill(class, download.platform, &sheet, download.column)
        .with_context(|| format!("in {}", file.display()))?;
    let name = name_of(download.platform);
    put(&out.join(name), &filled.sheet)?;
    let mut words = format!(
        "{name}: {} filled in\n",
        counted(filled.filled, "row", "rows")
    );
    for unmatched in &filled.unmatched {
        let mut learners = class.learners.iter();
        let learner = learners.find(|known| anonymous && known.name == unmatched.learner);
        if let Some(learner) = learner {
            words += &format!("  not filled in for {}\n", learner.pseudonym());
            continue;
        }
        let learner = text::cell(&unmatched.learner);
        words += &format!("  not filled in for {learner}: {}\n", unmatched.why);
    }
    Ok(words)
}

/// A file name that differs between learners whose names look alike.
fn file_name(index: usize, learner: &Learner) -> String {
    format!("{:03}-{}", index + 1, text::file_name(&learner.name))
}

/// As [`write_to`], what is there already.
///
/// # Errors
/// As [`write_to`].
pub fn put(file: &Path, content: impl AsRef<[u8]>) -> anyhow::Result<()> {
    write_to(file, |to| Ok(to.write_all(content.as_ref())?))
}

/// Writes a file in one go: who reads it meanwhile sees the old one or the new one.
///
/// # Errors
/// When it cannot be written.
pub fn write_to(
    file: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let failed = || format!("writing {}", file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(failed)?;
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    let mut to = BufWriter::new(File::create(&new).with_context(failed)?);
    write(&mut to).with_context(failed)?;
    to.flush().with_context(failed)?;
    fs::rename(&new, file).with_context(failed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use grading::journal::{Folder, Record};

    use super::*;

    fn class(learners: &[&str]) -> Class {
        let records = [Record::Folder(Folder {
            learners: learners.iter().map(|name| (*name).to_owned()).collect(),
            ..Folder::default()
        })];
        let imported = learners.iter().map(|name| {
            Record::Imported(grading::import::Submission {
                learner: (*name).to_owned(),
                ..Default::default()
            })
        });
        Class::new(Vec::new(), records.into_iter().chain(imported))
    }

    fn files(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_of_who_withdrew_or_moved_in_the_list_stays() {
        let out = tempfile::tempdir().unwrap();
        let page = out.path().join("feedback");
        let write = |learners: &[&str]| {
            write(out.path(), &class(learners), &[], Dialect::default(), &[]).unwrap();
        };
        write(&["ada", "bob", "eve"]);
        fs::write(page.join("notes.html"), "the instructor's own").unwrap();
        fs::write(page.join("26-plan.html"), "the instructor's own, too").unwrap();
        write(&["abe", "ada", "eve"]);
        assert_eq!(
            files(&page),
            [
                "001-abe.html",
                "002-ada.html",
                "003-eve.html",
                "26-plan.html",
                "notes.html"
            ]
        );
        write(&["ada"]);
        assert_eq!(files(&out.path().join("gradescope")), ["001-ada.json"]);
        assert_eq!(files(&out.path().join("classroom")), ["001-ada.txt"]);
    }

    #[test]
    fn points_typed_into_the_sheet_are_not_written_over() {
        let out = tempfile::tempdir().unwrap();
        let write = || write(out.path(), &class(&["ada"]), &[], Dialect::default(), &[]).unwrap();
        assert!(!write());
        let sheet = out.path().join("rubric.csv");
        let typed = fs::read_to_string(&sheet)
            .unwrap()
            .replace("ada,", "ada,well done");
        fs::write(&sheet, &typed).unwrap();
        assert!(write());
        assert_eq!(fs::read_to_string(&sheet).unwrap(), typed);
    }

    #[test]
    fn a_sheet_of_a_run_before_is_told_of() {
        let out = tempfile::tempdir().unwrap();
        assert_eq!(stale(out.path(), &[]), "");
        let file = out.path().join("canvas.csv");
        fs::write(&file, "").unwrap();
        assert!(stale(out.path(), &[]).starts_with("canvas.csv is of a run before"));
        let download = Download {
            platform: Platform::Canvas,
            file: &file,
            column: "Nightlight",
        };
        assert_eq!(stale(out.path(), &[download]), "");
    }
}
