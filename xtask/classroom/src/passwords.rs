//! A password for each user, kept for the next start.

use std::collections::BTreeMap;

use runner::network::{draw_password, is_password};

use crate::folder::Folder;
use crate::roster::Roster;

const FILE: &str = "passwords";

/// The password of each user, by name.
#[derive(Debug)]
pub struct Passwords(BTreeMap<String, String>);

impl Passwords {
    /// Reads those of the last time, and draws new ones for who is new. Who is not there today
    /// keeps theirs for another day.
    ///
    /// # Errors
    /// When the folder cannot be read or written, or the system gives no random numbers.
    pub fn keep(folder: &Folder, roster: &Roster) -> anyhow::Result<Self> {
        let kept = folder.read(FILE)?.unwrap_or_default();
        let mut passwords: BTreeMap<String, String> = kept
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(|(_, password)| is_password(password))
            .map(|(user, password)| (user.to_owned(), password.to_owned()))
            .collect();
        for user in roster.everybody() {
            if !passwords.contains_key(user) {
                passwords.insert(user.to_owned(), draw_password()?);
            }
        }
        let passwords = Self(passwords);
        let everybody: Vec<&str> = passwords.0.keys().map(String::as_str).collect();
        folder.write(FILE, &passwords.lines(everybody))?;
        Ok(passwords)
    }

    /// The password of somebody in the room.
    pub fn of(&self, user: &str) -> &str {
        self.0.get(user).map_or("", String::as_str)
    }

    /// `user:password` on a line for each of these.
    pub fn lines<'a>(&self, users: impl IntoIterator<Item = &'a str>) -> String {
        let lines = users
            .into_iter()
            .map(|user| format!("{user}:{}\n", self.of(user)));
        lines.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_stay_and_no_two_are_alike() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path().join("room")).unwrap();
        let first = Passwords::keep(&folder, &Roster::of("2").unwrap()).unwrap();
        let second = Passwords::keep(&folder, &Roster::of("3").unwrap()).unwrap();
        assert_eq!(first.of("learner01"), second.of("learner01"));
        assert_eq!(first.of("teacher"), second.of("teacher"));
        assert_eq!(first.of("learner03"), "");
        let mut all: Vec<&String> = second.0.values().collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 4);
        assert!(all.iter().all(|password| is_password(password)));

        folder.write(FILE, "learner01:1234\n").unwrap();
        let third = Passwords::keep(&folder, &Roster::of("2").unwrap()).unwrap();
        assert!(is_password(third.of("learner01")));
    }
}
