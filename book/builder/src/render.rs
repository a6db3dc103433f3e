//! From chapters to pages.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Error, Result, bail, ensure};
use mdbook_driver::MDBook;
use mdbook_driver::book::Book;
use mdbook_driver::config::Config;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::folders::Folders;
use crate::{chapter, listings, warnings};

/// Writes all pages to `target/book`, or says everything that is wrong.
pub fn build(folders: &Folders) -> Result<()> {
    listings::check(folders)?;
    let (built, warnings) = warnings::during(|| render(folders));
    built?;
    ensure!(
        warnings.is_empty(),
        "mdBook warns:\n{}",
        warnings.join("\n")
    );
    Ok(())
}

/// What `book.toml` says, and where the pages go.
pub fn config(folders: &Folders) -> Result<Config> {
    let mut config = Config::from_disk(folders.book().join("book.toml"))?;
    config.build.build_dir = folders.output();
    Ok(config)
}

fn render(folders: &Folders) -> Result<()> {
    let config = config(folders)?;
    let mut book = MDBook::load_with_config(folders.book(), config)?;
    let problems = Arc::new(Mutex::new(Vec::new()));
    book.with_preprocessor(Chapters {
        folders: folders.clone(),
        problems: Arc::clone(&problems),
    });
    let built = book.build();
    let problems = problems.lock().unwrap_or_else(PoisonError::into_inner);
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    built.context("mdBook does not build the guide")
}

/// Runs [`chapter::complete`] over the book.
struct Chapters {
    folders: Folders,
    /// Kept here and not in the error, because mdBook would wrap it in words of its own.
    problems: Arc<Mutex<Vec<String>>>,
}

impl Preprocessor for Chapters {
    fn name(&self) -> &str {
        "nightlight"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let mut problems: Vec<Error> = Vec::new();
        book.for_each_chapter_mut(|chapter| {
            let name = chapter.source_path.as_ref().map_or_else(
                || chapter.name.clone(),
                |path| format!("book/src/{}", path.display()),
            );
            match chapter::complete(&self.folders, &name, &chapter.content) {
                Ok(text) => chapter.content = text,
                Err(error) => problems.push(error),
            }
        });
        if problems.is_empty() {
            return Ok(book);
        }
        let words = problems.iter().map(|problem| format!("{problem:#}"));
        self.problems
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(words);
        bail!("{} chapters are not complete", problems.len())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A book of one chapter in a kit of its own.
    fn build_with(chapter: &str) -> Result<String> {
        let kit = tempfile::tempdir()?;
        let folders = Folders::at(kit.path());
        fs::create_dir_all(folders.chapters())?;
        let toml = "[book]\ntitle = \"T\"\n[build]\nuse-default-preprocessors = false\n";
        fs::write(folders.book().join("book.toml"), toml)?;
        fs::write(folders.chapters().join("SUMMARY.md"), "[One](one.md)\n")?;
        fs::write(folders.chapters().join("one.md"), chapter)?;
        build(&folders)?;
        Ok(fs::read_to_string(folders.output().join("one.html"))?)
    }

    #[test]
    fn a_page_shows_how_long_it_takes_to_read() {
        let page = build_with("# One {#one}\n\nText.\n").unwrap();
        assert!(page.contains("About 1 minute to read"), "{page}");
    }

    #[test]
    fn what_mdbook_only_warns_about_fails_the_build() {
        let error = build_with("# One {#one}\n\n<div><p>open\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("unclosed HTML tag"), "{error}");
    }

    #[test]
    fn what_a_chapter_lacks_is_said_in_our_words_only() {
        let error = build_with("# One {#one}\n\n{{#quiz gone}}\n")
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("book/src/one.md:3: no quiz "), "{error}");
    }
}
