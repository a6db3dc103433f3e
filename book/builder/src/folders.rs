//! Where the book's parts lie.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The kit's folders, as far as the book needs them.
#[derive(Debug, Clone)]
pub struct Folders {
    root: PathBuf,
}

impl Folders {
    /// The checkout this crate was started from. `cargo run` says where it is; a binary started by
    /// hand remembers where it was built.
    pub fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .ancestors()
            .find(|folder| folder.join("book/book.toml").is_file())
            .with_context(|| format!("no book/book.toml above {}", manifest.display()))?;
        Ok(Self::at(root))
    }

    /// The kit whose root is `root`.
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// The workspace's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `book/`
    pub fn book(&self) -> PathBuf {
        self.root.join("book")
    }

    /// The chapters.
    pub fn chapters(&self) -> PathBuf {
        self.book().join("src")
    }

    /// The quizzes, one TOML file each.
    pub fn quizzes(&self) -> PathBuf {
        self.book().join("quizzes")
    }

    /// The drawings, one SVG file each.
    pub fn diagrams(&self) -> PathBuf {
        self.book().join("diagrams")
    }

    /// The pieces of the solutions that chapters show; see [`crate::listings`].
    pub fn listings(&self) -> PathBuf {
        self.book().join("listings")
    }

    /// The wrong programs, and what each is told. A learner's hand-out has none.
    pub fn corpus(&self) -> PathBuf {
        self.root.join("xtask/corpus")
    }

    /// The finished steps. A learner's hand-out has none.
    pub fn solutions(&self) -> PathBuf {
        self.root.join("solutions")
    }

    /// The snapshots of the solutions' runs.
    pub fn transcripts(&self) -> PathBuf {
        self.root.join("xtask/transcripts")
    }

    /// The finished pages.
    pub fn output(&self) -> PathBuf {
        self.root.join("target/book")
    }
}
