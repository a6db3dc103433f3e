//! Whose programs are checked.

use std::path::{Path, PathBuf};

use anyhow::bail;

/// A folder laid out like `lessons/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The learner's own, built by cargo where it lies.
    Lessons,
    /// The finished programs, built by cargo where they lie.
    Solutions,
    /// Any other folder. Only its sources count, not its manifests.
    Folder(PathBuf),
}

impl Subject {
    /// From the command line's flags.
    ///
    /// # Errors
    /// When the folder is not there.
    pub fn new(root: &Path, solutions: bool, folder: Option<&Path>) -> anyhow::Result<Self> {
        match folder {
            None if solutions => {
                if root.join("solutions").is_dir() {
                    Ok(Self::Solutions)
                } else {
                    bail!("this copy of the kit has no solutions/")
                }
            }
            None => Ok(Self::Lessons),
            Some(folder) => match folder.canonicalize() {
                Ok(folder) if folder == root.join("lessons") => Ok(Self::Lessons),
                Ok(folder) if folder == root.join("solutions") => Ok(Self::Solutions),
                Ok(folder) if folder.is_dir() => Ok(Self::Folder(folder)),
                _ => bail!(
                    "there is no folder {}. `--subject` takes one that is laid out like lessons/",
                    folder.display()
                ),
            },
        }
    }

    /// As the reports call it.
    pub fn name(&self) -> String {
        match self {
            Self::Lessons => "lessons".to_owned(),
            Self::Solutions => "solutions".to_owned(),
            Self::Folder(folder) => folder.display().to_string(),
        }
    }

    /// The folder with its steps.
    pub fn folder(&self, root: &Path) -> PathBuf {
        match self {
            Self::Lessons => root.join("lessons"),
            Self::Solutions => root.join("solutions"),
            Self::Folder(folder) => folder.clone(),
        }
    }
}
