//! A password for each user, kept for the next start.

use std::collections::BTreeMap;

use anyhow::anyhow;

use crate::folder::Folder;
use crate::roster::Roster;

const FILE: &str = "passwords";

/// Letters and digits that are not mistaken for each other; 32 of them, so that a random byte makes
/// none likelier.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// 80 bits: nobody guesses that, and it can still be typed.
const LENGTH: usize = 16;

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
            .filter(|(_, password)| is_ours(password))
            .map(|(user, password)| (user.to_owned(), password.to_owned()))
            .collect();
        for user in roster.everybody() {
            if !passwords.contains_key(user) {
                passwords.insert(user.to_owned(), draw()?);
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

/// Whether this has the form of a password of ours: an edited file must not lead to weak ones.
fn is_ours(password: &str) -> bool {
    password.len() == LENGTH && password.bytes().all(|letter| ALPHABET.contains(&letter))
}

fn draw() -> anyhow::Result<String> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("this system gives no random numbers: {error}"))?;
    let letters = bytes.map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
    Ok(letters.iter().collect())
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
        assert!(all.iter().all(|password| is_ours(password)));

        folder.write(FILE, "learner01:1234\n").unwrap();
        let third = Passwords::keep(&folder, &Roster::of("2").unwrap()).unwrap();
        assert!(is_ours(third.of("learner01")));
    }
}
