//! TLS on the programs' lines, for a step that is about it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use arena_tls::{Authority, Flaw, Tls};

use super::{Stage, Trouble};

/// How long an expired certificate is shown: programs try each second or so.
const EXPIRED: Duration = Duration::from_secs(5);

/// An authority for this play alone, and the broker's certificate by it.
#[derive(Debug)]
pub(super) struct Encryption {
    authority: Authority,
    link: Arc<Tls>,
    /// Where programs find whom to trust.
    file: PathBuf,
    /// Whether an expired certificate is shown.
    is_expired: AtomicBool,
}

impl Drop for Encryption {
    fn drop(&mut self) {
        // A certificate is no secret: what cannot be removed does no harm.
        let _ = fs::remove_file(&self.file);
    }
}

impl Encryption {
    pub(super) fn begin() -> anyhow::Result<Self> {
        let authority = Authority::new("Authority of a nightlight on its live page")?;
        let link = Tls::new(&authority.issue()?)?;
        let name = format!("nightlight-authority-{:016x}.pem", fastrand::u64(..));
        let file = std::env::temp_dir().join(name);
        // Nobody else's, so that nobody else says whom to trust.
        let written = OpenOptions::new().write(true).create_new(true).open(&file);
        written
            .and_then(|mut written| written.write_all(authority.pem().as_bytes()))
            .with_context(|| format!("{} cannot be written", file.display()))?;
        Ok(Self {
            authority,
            link,
            file,
            is_expired: AtomicBool::default(),
        })
    }

    pub(super) fn link(&self) -> Arc<Tls> {
        Arc::clone(&self.link)
    }

    /// What `NIGHTLIGHT_BROKER_CA` is set to.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn is_expired(&self) -> bool {
        self.is_expired.load(Ordering::SeqCst)
    }

    fn expire(&self) -> anyhow::Result<()> {
        self.link.renew(&self.authority.issue_with(Flaw::Expired)?)
    }

    fn renew(&self) -> anyhow::Result<()> {
        self.link.renew(&self.authority.issue()?)
    }
}

impl Stage {
    /// Cuts all lines, and shows whoever connects a certificate that has expired, for five seconds.
    ///
    /// # Errors
    /// When that is under way already, or nothing is encrypted here.
    pub fn show_expired_certificate(self: &Arc<Self>) -> Result<(), Trouble> {
        let encryption = self.encryption.as_ref().ok_or(Trouble::NotEncrypted)?;
        if encryption.is_expired.swap(true, Ordering::SeqCst) {
            return Err(Trouble::AlreadyExpired);
        }
        if let Err(error) = encryption.expire() {
            encryption.is_expired.store(false, Ordering::SeqCst);
            return Err(Trouble::NoCertificate(format!("{error:#}")));
        }
        self.show_trouble();
        self.note(format!(
            "For {} s the broker shows a certificate that has expired. All lines are cut, so that \
             everybody meets it.",
            EXPIRED.as_secs()
        ));
        for program in self.programs.values() {
            program.line().cut();
        }
        let stage = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(EXPIRED).await;
            // Nobody mends a play that is over.
            let Some(stage) = stage.upgrade() else { return };
            let Some(encryption) = &stage.encryption else {
                return;
            };
            let renewed = encryption.renew();
            encryption.is_expired.store(false, Ordering::SeqCst);
            stage.show_trouble();
            stage.note(match renewed {
                Ok(()) => "The broker shows a good certificate again.".to_owned(),
                Err(error) => format!("There is no new certificate: {error:#}"),
            });
        });
        Ok(())
    }
}
