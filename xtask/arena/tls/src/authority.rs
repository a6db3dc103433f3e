//! Certificates, and who vouches for them.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::x509::{self, Contents, Key, Purpose};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The names of a broker on this machine.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Vouches for certificates. Two of them know nothing of each other.
#[derive(Debug)]
pub struct Authority {
    name: String,
    certificate: Certificate,
}

/// What can be wrong with a certificate that a known authority has issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is for another host.
    WrongName,
    /// It names its host in the way of old, as a common name, and has no alternative name.
    NoAlternativeName,
    /// It was valid until yesterday.
    Expired,
    /// It is valid from tomorrow on.
    NotYetValid,
    /// It is for clients.
    WrongUse,
    /// It is an authority's own.
    Authority,
    /// It is of the first version of X.509, of 1988.
    Version1,
}

/// A certificate and its key.
#[derive(Debug)]
pub struct Certificate {
    key: Key,
    pub(crate) der: CertificateDer<'static>,
}

impl Authority {
    /// A new one of this name.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn new(name: &str) -> anyhow::Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            certificate: Certificate::for_itself(name, &[], Purpose::Authority)?,
        })
    }

    /// What programs are given to know it by: a certificate in PEM.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// For a broker on this machine, and good.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn issue(&self) -> anyhow::Result<Certificate> {
        self.sign(&contents("localhost", &NAMES, Purpose::Broker))
    }

    /// For a broker on this machine, but for one flaw.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn issue_with(&self, flaw: Flaw) -> anyhow::Result<Certificate> {
        let mut contents = contents("localhost", &NAMES, Purpose::Broker);
        let now = SystemTime::now();
        match flaw {
            Flaw::WrongName => contents.names = vec!["elsewhere.example".to_owned()],
            Flaw::NoAlternativeName => contents.names.clear(),
            Flaw::Expired => contents.valid = (now - 30 * DAY, now - DAY),
            Flaw::NotYetValid => contents.valid = (now + DAY, now + 30 * DAY),
            Flaw::WrongUse => contents.purpose = Purpose::Client,
            Flaw::Authority => contents.purpose = Purpose::Authority,
            Flaw::Version1 => contents.is_old = true,
        }
        self.sign(&contents)
    }

    /// For a client of this name.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn issue_for_client(&self, name: &str) -> anyhow::Result<Certificate> {
        self.sign(&contents(name, &[], Purpose::Client))
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.certificate.der.clone()
    }

    fn sign(&self, contents: &Contents) -> anyhow::Result<Certificate> {
        let key = Key::generate()?;
        let der = x509::sign(contents, &key, &self.name, &self.certificate.key)?;
        Ok(Certificate {
            key,
            der: der.into(),
        })
    }
}

impl Certificate {
    /// Vouches for itself, as `openssl req -x509` makes it.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn self_signed() -> anyhow::Result<Self> {
        Self::for_itself("localhost", &NAMES, Purpose::Authority)
    }

    /// In PEM.
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    /// Its private key, in PEM.
    pub fn key_pem(&self) -> String {
        pem("PRIVATE KEY", &self.key.der)
    }

    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.der.clone().into())
    }

    fn for_itself(name: &str, names: &[&str], purpose: Purpose) -> anyhow::Result<Self> {
        let key = Key::generate()?;
        let der = x509::sign(&contents(name, names, purpose), &key, name, &key)?;
        Ok(Self {
            key,
            der: der.into(),
        })
    }
}

/// Valid for a month, from yesterday on.
fn contents(subject: &str, names: &[&str], purpose: Purpose) -> Contents {
    let now = SystemTime::now();
    Contents {
        subject: subject.to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        purpose,
        valid: (now - DAY, now + 30 * DAY),
        is_old: false,
    }
}

/// As text (RFC 7468).
fn pem(kind: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {kind}-----\n");
    // Three bytes are four letters, and a line has 64.
    for line in der.chunks(48) {
        text += &BASE64_STANDARD.encode(line);
        text.push('\n');
    }
    text + &format!("-----END {kind}-----\n")
}
