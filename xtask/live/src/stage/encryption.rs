//! Programs that encrypt for themselves meet a line that does, too, and are told whom to believe.

use std::fs;
use std::sync::Arc;

use anyhow::Context;
use arena::line::{Link, Plain};
use arena_tls::{Authority, Tls};
use course::lessons;
use tempfile::TempDir;

/// What a program's line runs over.
#[derive(Debug)]
pub(super) struct Encryption {
    pub(super) link: Arc<dyn Link>,
    /// Where the authority's certificate lies, as long as the program may want to read it.
    folder: Option<TempDir>,
}

/// The certificate's file.
const FILE: &str = "authority.pem";

impl Encryption {
    /// That of the step with this number: none, for most.
    pub(super) fn of(step: u8) -> anyhow::Result<Self> {
        if !lessons().any(|known| known.number == step && known.tls) {
            return Ok(Self {
                link: Arc::new(Plain),
                folder: None,
            });
        }
        let authority = Authority::new("the nightlight's authority")?;
        let folder = TempDir::new().context("no temporary folder")?;
        fs::write(folder.path().join(FILE), authority.pem()).context("no file can be written")?;
        Ok(Self {
            link: Tls::new(&authority.issue()?)?,
            folder: Some(folder),
        })
    }

    /// What `NIGHTLIGHT_BROKER_CA` is set to, if anything.
    pub(super) fn authority(&self) -> Option<String> {
        let folder = self.folder.as_ref()?;
        Some(folder.path().join(FILE).display().to_string())
    }
}
