//! What an actor is told beside the usual: whom to believe, and how to prove who it is.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use anyhow::Context;

use super::Actor;

/// A user and a password that are not the same when they are written in an address.
const LOGIN: (&str, &str) = ("ada-lovelace", "n0te/G: 100% @home");
const LOGIN_IN_AN_ADDRESS: &str = "ada-lovelace:n0te%2FG%3A%20100%25%20%40home@";

impl Actor {
    pub(super) fn settings(&self) -> MutexGuard<'_, BTreeMap<&'static str, String>> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From its start on it has this setting, whatever it would have else.
    pub fn set(&self, name: &'static str, value: String) {
        self.settings().insert(name, value);
    }

    /// What it is told makes no sense: it is to end, and whatever it does instead is told of as that.
    pub fn is_misled(&self) {
        self.misled.store(true, Ordering::Relaxed);
    }

    /// Whether what it is told makes sense.
    pub fn is_told_well(&self) -> bool {
        !self.misled.load(Ordering::Relaxed)
    }

    /// It is told to believe this authority, and no other.
    ///
    /// # Errors
    /// When no file can be written.
    pub fn believes(&self, authority: &str) -> anyhow::Result<()> {
        self.file("NIGHTLIGHT_BROKER_CA", "authority.pem", authority)?;
        // Certificates in the settings of whoever sits at this machine have no say.
        self.set("CARGO_MANIFEST_DIR", self.folder().display().to_string());
        Ok(())
    }

    /// It has a certificate of its own, and a key.
    ///
    /// # Errors
    /// When no file can be written.
    pub fn has_certificate(&self, certificate: &str, key: &str) -> anyhow::Result<()> {
        self.file("NIGHTLIGHT_CERT", "own.pem", certificate)?;
        self.file("NIGHTLIGHT_KEY", "own.key", key)
    }

    /// It has a user and a password in its broker's address: the broker's own, or any where nobody
    /// is asked.
    pub fn has_login(&self) -> (String, String) {
        if let Some(login) = self.line.entrance().login {
            return (login.user().to_owned(), login.password().to_owned());
        }
        let url = self.line.url();
        let url = url.replacen("://", &format!("://{LOGIN_IN_AN_ADDRESS}"), 1);
        self.set("NIGHTLIGHT_BROKER", url);
        (LOGIN.0.to_owned(), LOGIN.1.to_owned())
    }

    fn file(&self, setting: &'static str, name: &str, text: &str) -> anyhow::Result<()> {
        let file = self.folder().join(name);
        fs::write(&file, text).context("no file can be written for a program")?;
        self.set(setting, file.display().to_string());
        Ok(())
    }
}
