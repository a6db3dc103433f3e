//! What stands around an encrypted line: who vouches for the broker, and with which certificate it
//! is shown.

use std::sync::Arc;

use anyhow::Context;
use arena::line::{Link, Plain};
use arena_tls::{Authority, Tls};

use super::Stage;

/// A line's TLS, and all that can be shown on it.
#[derive(Debug)]
pub struct Security {
    /// The one that programs are told to believe.
    pub authority: Authority,
    /// One that they know nothing of.
    pub stranger: Authority,
    /// One that calls itself as the known one does, as anybody can.
    pub impostor: Authority,
    /// Where the broker's certificate is shown, a good one at first.
    pub link: Arc<Tls>,
    /// Whether programs have to show one as well.
    pub asks: bool,
}

impl Security {
    /// A broker with a good certificate.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn new() -> anyhow::Result<Self> {
        let authority = Authority::new("the room's authority")?;
        Ok(Self {
            stranger: Authority::new("another authority")?,
            impostor: Authority::new("the room's authority")?,
            link: Tls::new(&authority.issue()?)?,
            authority,
            asks: false,
        })
    }

    /// What a program's line runs over: plain TCP, where there is none of this.
    pub fn link(security: Option<&Self>) -> Arc<dyn Link> {
        match security {
            None => Arc::new(Plain),
            Some(security) => Arc::clone(&security.link) as Arc<dyn Link>,
        }
    }

    /// The same, which lets nobody in without a certificate of its authority.
    ///
    /// # Errors
    /// As [`Security::new`].
    pub fn asking() -> anyhow::Result<Self> {
        let security = Self::new()?;
        let (authority, own) = (&security.authority, security.authority.issue()?);
        Ok(Self {
            link: Tls::asking(&own, authority)?,
            asks: true,
            ..security
        })
    }
}

impl Stage {
    /// What stands around the line, in a scene over TLS.
    ///
    /// # Errors
    /// In any other.
    pub fn security(&self) -> anyhow::Result<&Security> {
        let security = self.security.as_ref();
        security.context("this scene's line is not encrypted")
    }

    /// For the programs that are prepared from now on, the broker asks for a certificate of their own.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn asks_for_certificates(&mut self) -> anyhow::Result<()> {
        self.security = Some(Security::asking()?);
        Ok(())
    }
}
