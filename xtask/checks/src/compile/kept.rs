//! What is remembered of a package's builds, beside what cargo remembers of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use launch::inputs::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::invocation::Invocation;

/// What is remembered of a package's programs, by their names.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Kept {
    pub programs: BTreeMap<String, Program>,
}

/// What is remembered of one program.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Program {
    /// How cargo has compiled it, if it said so.
    pub recipe: Option<Recipe>,
    /// The last one that was made.
    pub product: Option<Product>,
}

impl Kept {
    /// What is known to have been seen of each program.
    pub fn seen(&self) -> impl Iterator<Item = (&String, &Inputs)> {
        self.programs.iter().filter_map(|(name, program)| {
            let product = program.product.as_ref()?;
            Some((name, &product.inputs))
        })
    }
}

/// How cargo has compiled a program: good as long as nothing but the package's own sources
/// changes.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Recipe {
    pub invocation: Invocation,
    /// All but the package's own sources.
    #[serde(with = "as_text")]
    pub inputs: Inputs,
}

/// A program that was made: good as long as nothing changes.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Product {
    pub file: PathBuf,
    /// What rustc warned of, as it reads in a terminal with colours.
    pub warnings: String,
    /// All there is, and the program itself.
    #[serde(with = "as_text")]
    pub inputs: Inputs,
}

impl Recipe {
    /// Looks also at the sources of a program that was made by it, and at the program.
    pub fn with(&self, sources: &BTreeSet<PathBuf>, program: &Path) -> Option<Inputs> {
        let mut inputs = self.inputs.clone();
        for source in sources {
            inputs.file(source)?;
        }
        inputs.product(program)?;
        Some(inputs)
    }
}

/// Inputs as they are displayed.
pub(super) mod as_text {
    use launch::inputs::Inputs;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(inputs: &Inputs, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(inputs)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Inputs, D::Error> {
        let text = String::deserialize(deserializer)?;
        Inputs::parse(&text).ok_or_else(|| D::Error::custom("no inputs"))
    }
}

/// Where a package's builds are remembered, and where those lie that cargo does not know of.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
}

impl Store {
    pub fn of(root: &Path, package: &str) -> Self {
        let folder = root.join("target").join("nightlight").join("build");
        Self {
            folder: folder.join(package),
        }
    }

    /// What is remembered. That may be nothing: cargo knows everything better.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&fs::read(self.file()).ok()?).ok()
    }

    /// Keeps others from building here and from remembering, as long as the lock is there. None
    /// where somebody else has it, or nothing can be written.
    pub fn lock(&self) -> Option<File> {
        fs::create_dir_all(&self.folder).ok()?;
        let lock = File::create(self.folder.join("lock")).ok()?;
        lock.try_lock().ok()?;
        Some(lock)
    }

    /// Whole or not at all: another check may read at the same time.
    pub fn write(&self, kept: &impl Serialize) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut new = NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer(&mut new, kept)?;
        new.persist(self.file())?;
        Ok(())
    }

    /// Where a program lies that was compiled here.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// An empty folder to compile a program into.
    pub fn fresh(&self, name: &str) -> io::Result<PathBuf> {
        let folder = self.folder.join(format!("{name}.new"));
        // Somebody may have been interrupted.
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&folder)?,
        }
        Ok(folder)
    }

    /// Where rustc keeps what it has found out, for the next time.
    pub fn incremental(&self) -> PathBuf {
        self.folder.join("incremental")
    }

    fn file(&self) -> PathBuf {
        self.folder.join("kept.json")
    }
}
