//! The folder where a device keeps its files: looked at, and laid out as a kill could leave it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// All files of a folder, and what was in them.
pub(in crate::scenario) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Reads all files below a folder.
///
/// # Errors
/// When one cannot be read.
pub(in crate::scenario) fn read(folder: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(read(&path)?);
        } else {
            let content = fs::read(&path)?;
            files.insert(path, content);
        }
    }
    Ok(files)
}

/// Lays the files out again, and nothing else. A file that is there keeps its owner.
///
/// # Errors
/// When one cannot be written.
pub(in crate::scenario) fn lay_out(folder: &Path, files: &Files) -> io::Result<()> {
    for path in read(folder)?.keys() {
        if !files.contains_key(path) {
            fs::remove_file(path)?;
        }
    }
    for (path, content) in files {
        fs::write(path, content)?;
    }
    Ok(())
}

/// Writes this over each file. Returns what was in them.
///
/// # Errors
/// When one cannot be read or written.
pub(in crate::scenario) fn write_over(folder: &Path, garbage: &[u8]) -> io::Result<Files> {
    let files = read(folder)?;
    for path in files.keys() {
        fs::write(path, garbage)?;
    }
    Ok(files)
}

/// A folder that is gone for a while, as a disk is that is full or was taken out.
#[derive(Debug)]
pub(in crate::scenario) struct Away {
    folder: PathBuf,
    elsewhere: PathBuf,
}

impl Away {
    /// Takes it away. None where the system does not let it go: on Windows, as long as somebody has a
    /// file of it open.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn take(folder: &Path) -> io::Result<Option<Self>> {
        let elsewhere = folder.with_extension("away");
        match fs::rename(folder, &elsewhere) {
            Ok(()) => Ok(Some(Self {
                folder: folder.to_owned(),
                elsewhere,
            })),
            Err(_) if cfg!(windows) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Brings it back. What somebody has made in its place is lost.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn bring_back(self) -> io::Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        fs::rename(&self.elsewhere, &self.folder)
    }

    /// Whether somebody has made a new one in its place.
    pub fn is_replaced(&self) -> bool {
        self.folder.exists()
    }
}

/// A second name for each file's present content, outside of the folder: who writes a new file and
/// renames it leaves that alone, who writes into the old one does not.
#[derive(Debug)]
pub(in crate::scenario) struct Links {
    links: Vec<(PathBuf, PathBuf)>,
    _folder: tempfile::TempDir,
}

impl Links {
    /// Gives each file a second name.
    ///
    /// # Errors
    /// When there is no temporary folder beside it.
    pub fn of(files: &Files, folder: &Path) -> io::Result<Self> {
        let beside = folder.parent().unwrap_or(folder);
        let links = tempfile::TempDir::new_in(beside)?;
        let mut all = Vec::new();
        for (number, path) in files.keys().enumerate() {
            let link = links.path().join(number.to_string());
            fs::hard_link(path, &link)?;
            all.push((path.clone(), link));
        }
        Ok(Self {
            links: all,
            _folder: links,
        })
    }

    /// All that a kill can leave in the folder that was so before, in the middle of the writes since.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn left_by_a_kill(&self, before: &Files) -> io::Result<Vec<Files>> {
        let mut all = Vec::new();
        for written in self.written_into(before)? {
            for torn in written.torn() {
                let mut left = before.clone();
                left.insert(written.path.clone(), torn);
                all.push(left);
            }
        }
        Ok(all)
    }

    /// The files that were written into, with what they had in them at first, and what they have.
    ///
    /// # Errors
    /// When one cannot be read.
    fn written_into(&self, before: &Files) -> io::Result<Vec<Written>> {
        let mut written = Vec::new();
        for (path, link) in &self.links {
            let after = fs::read(link)?;
            match before.get(path) {
                Some(before) if *before != after => written.push(Written {
                    path: path.clone(),
                    before: before.clone(),
                    after,
                }),
                _ => {}
            }
        }
        Ok(written)
    }
}

/// A file that has been written into.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Written {
    path: PathBuf,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Written {
    /// What a kill in the middle of it can leave: what was appended half there, or what was written
    /// from the beginning not there at all, and half there.
    fn torn(&self) -> Vec<Vec<u8>> {
        let (before, after) = (&self.before, &self.after);
        if after.starts_with(before) {
            let half = before.len() + (after.len() - before.len()) / 2;
            return vec![after[..half].to_vec()];
        }
        vec![Vec::new(), after[..after.len() / 2].to_vec()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_writes_into_a_file_is_told_from_who_renames() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["appended", "rewritten", "renamed"] {
            fs::write(at(name), "12345678").unwrap();
        }
        let before = read(folder.path()).unwrap();
        let links = Links::of(&before, folder.path()).unwrap();
        fs::write(at("appended"), "12345678abcd").unwrap();
        fs::write(at("rewritten"), "abcd").unwrap();
        fs::write(at("new"), "abcd").unwrap();
        fs::rename(at("new"), at("renamed")).unwrap();

        let written = links.written_into(&before).unwrap();
        let torn: Vec<_> = written
            .iter()
            .map(|it| (it.path.clone(), it.torn()))
            .collect();
        assert_eq!(
            torn,
            [
                (at("appended"), vec![b"12345678ab".to_vec()]),
                (at("rewritten"), vec![b"".to_vec(), b"ab".to_vec()]),
            ]
        );
        lay_out(folder.path(), &before).unwrap();
        assert_eq!(read(folder.path()).unwrap(), before);
    }
}
