//! Where passwords and certificates are kept: only its owner reads it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Says that the folder is ours, so that no other is ever made unreadable for its group.
const MARK: &str = "README.txt";

const README: &str = "\
Made by `cargo xtask broker --classroom`. The passwords of everybody in the room are in here, and
the key of the authority that vouches for the broker: show it to nobody.

learners/<id>/ is for that learner: both files go into the folder of the kit's README.md.
Delete this folder, and the next start makes new passwords and a new authority.
";

/// A folder that only its owner can read.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Opens it, or makes a new one.
    ///
    /// # Errors
    /// When there is something else in it, or it cannot be made.
    pub fn open(path: PathBuf) -> anyhow::Result<Self> {
        let is_used = fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some());
        if is_used && !path.join(MARK).is_file() {
            bail!(
                "{} is not empty, and was not made by this command: name a new folder",
                path.display()
            );
        }
        make(&path)?;
        let folder = Self(std::path::absolute(path)?);
        folder.write(MARK, README)?;
        Ok(folder)
    }

    /// Path of the file `name` in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// What a file in it holds, if it is there.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(&self, name: &str) -> anyhow::Result<Option<String>> {
        let path = self.path(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
        }
    }

    /// Writes a file whole, or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.path(name);
        let failed = || format!("writing {}", path.display());
        if let Some(parent) = path.parent() {
            make(parent)?;
        }
        let new = path.with_extension("new");
        owners_file(&new)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&new, &path))
            .with_context(failed)?;
        Ok(path)
    }
}

fn make(path: &Path) -> anyhow::Result<()> {
    let failed = || format!("making the folder {}", path.display());
    fs::create_dir_all(path).with_context(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).with_context(failed)?;
    }
    Ok(())
}

fn owners_file(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_elses_folder_is_left_alone() {
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("thesis.txt"), "years of work").unwrap();
        let error = Folder::open(other.path().to_owned()).unwrap_err();
        assert!(error.to_string().contains("is not empty"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;

        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path().join("room")).unwrap();
        let file = folder.write("learners/ada/nightlight.toml", "x").unwrap();
        for (path, mode) in [
            (folder.path(""), 0o700),
            (folder.path("learners/ada"), 0o700),
            (file, 0o600),
        ] {
            let permissions = fs::metadata(&path).unwrap().permissions();
            assert_eq!(permissions.mode() & 0o777, mode, "{}", path.display());
        }
        Folder::open(place.path().join("room")).unwrap();
    }
}
