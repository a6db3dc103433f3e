//! The guide as a PDF, printed by Chromium: twice, since only the printed book says on which page a
//! chapter begins.

mod pages;
mod paper;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::folders::Folders;
use crate::render;
use pages::Pages;
pub use paper::Reader;

/// The names under which Chromium and its relatives are found in `PATH`.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// There is no browser that prints.
#[derive(Debug, thiserror::Error)]
#[error(
    "printing needs Chromium or Chrome, and none is in PATH. Install it (Debian: `sudo apt install \
     chromium`), or open target/book/print.html in any browser and print it there"
)]
pub struct NoChromium;

/// Builds the guide and prints what is for this reader to `file`, by default
/// `target/nightlight.pdf` or `target/nightlight-instructor.pdf`.
pub fn print(folders: &Folders, file: Option<PathBuf>, reader: Reader) -> Result<()> {
    let chromium = chromium().ok_or(NoChromium)?;
    render::build(folders)?;
    let file = file.unwrap_or_else(|| folders.root().join("target").join(reader.file()));
    let pages = typeset(folders, &chromium, &file, reader)?;
    println!(
        "The guide is in {}: {} pages",
        file.display(),
        pages.count()
    );
    Ok(())
}

/// Prints without page numbers in the contents, looks where everything is, and prints again.
fn typeset(folders: &Folders, chromium: &Path, file: &Path, reader: Reader) -> Result<Pages> {
    let page = folders.output().join(reader.page());
    let mut pages = Pages::default();
    for _ in 0..2 {
        fs::write(&page, paper::paper(folders, reader, &pages)?)
            .with_context(|| format!("cannot write {}", page.display()))?;
        print_page(chromium, &page, file)?;
        let printed = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        pages = Pages::of(&printed)?;
    }
    Ok(pages)
}

fn print_page(chromium: &Path, page: &Path, file: &Path) -> Result<()> {
    let output = Command::new(chromium)
        // The pages are our own, and a container seldom allows Chromium its sandbox.
        .args([
            "--headless",
            "--disable-gpu",
            "--no-sandbox",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
        ])
        .arg(format!("--print-to-pdf={}", file.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .with_context(|| format!("{} does not start", chromium.display()))?;
    ensure!(
        output.status.success() && file.is_file(),
        "Chromium printed nothing:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// The browser that prints and runs the page tests.
pub fn chromium() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    NAMES.iter().find_map(|name| {
        let name = format!("{name}{}", env::consts::EXE_SUFFIX);
        folders
            .iter()
            .map(|folder| folder.join(&name))
            .find(|file| file.is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAPTERS: [(&str, &str); 3] = [
        ("one.md", "# One {#one}\n\nText.\n\n{{#quiz q}}\n"),
        (
            "two.md",
            "# Two {#two}\n\nSee [One](one.md), [how](instructors.md).\n",
        ),
        (
            "instructors.md",
            "# How to teach it {#instructors}\n\nText.\n",
        ),
    ];

    const QUIZ: &str = r#"
title = "Q"
chapter = "one.md"
[[question]]
id = "sure"
ask = "Sure?"
[[question.answer]]
id = "yes"
say = "Yes"
right = true
because = "Because it is so."
[[question.answer]]
id = "no"
say = "No"
because = "Because it is not so."
"#;

    fn kit() -> Result<(tempfile::TempDir, Folders)> {
        let kit = tempfile::tempdir()?;
        let folders = Folders::at(kit.path());
        let real = Folders::find()?;
        for folder in [
            folders.chapters(),
            folders.quizzes(),
            folders.book().join("theme"),
        ] {
            fs::create_dir_all(folder)?;
        }
        for file in ["theme/paper.js", "theme/nightlight.css"] {
            fs::copy(real.book().join(file), folders.book().join(file))?;
        }
        let toml = "[book]\ntitle = \"T\"\n[build]\nuse-default-preprocessors = false\n\
                    [output.html]\nadditional-css = [\"theme/nightlight.css\"]\n";
        fs::write(folders.book().join("book.toml"), toml)?;
        let summary = CHAPTERS
            .map(|(file, _)| format!("- [{file}]({file})\n"))
            .concat();
        fs::write(folders.chapters().join("SUMMARY.md"), summary)?;
        for (file, text) in CHAPTERS {
            fs::write(folders.chapters().join(file), text)?;
        }
        fs::write(folders.quizzes().join("q.toml"), QUIZ)?;
        Ok((kit, folders))
    }

    #[test]
    fn each_reader_gets_a_book_with_page_numbers_in_its_contents() {
        let Some(chromium) = chromium() else {
            assert!(env::var_os("NIGHTLIGHT_NO_SKIP").is_none(), "{NoChromium}");
            return;
        };
        let (kit, folders) = kit().unwrap();
        render::build(&folders).unwrap();
        let print = |reader| typeset(&folders, &chromium, &kit.path().join("book.pdf"), reader);
        let of = |pages: &Pages, id: &str| pages.by_id().get(id).copied();

        let pages = print(Reader::Learner).unwrap();
        // A cover, the contents, two chapters and the answers.
        assert_eq!(pages.count(), 5, "{pages:?}");
        assert_eq!(of(&pages, "two"), Some(4));
        assert_eq!(of(&pages, "answers-q"), Some(5));
        assert_eq!(of(&pages, "instructors"), None);
        let page = fs::read_to_string(folders.output().join("paper.html")).unwrap();
        assert!(
            page.contains("\"two\":4"),
            "the second time the pages are known"
        );

        let pages = print(Reader::Instructor).unwrap();
        assert_eq!(of(&pages, "instructors"), Some(3), "{pages:?}");
        assert_eq!(of(&pages, "one"), None);
    }
}
