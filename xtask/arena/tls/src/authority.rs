//! Certificates, and who vouches for them.

use std::time::{Duration, SystemTime};

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The names of a broker on this machine.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Vouches for certificates. Two of them know nothing of each other.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    certificate: CertificateDer<'static>,
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
}

/// A certificate and its key.
#[derive(Debug)]
pub struct Certificate {
    pem: String,
    key: KeyPair,
    pub(crate) der: CertificateDer<'static>,
}

impl Authority {
    /// A new one, with a name of its own.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn new(name: &str) -> anyhow::Result<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        lasts(&mut params);
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        })
    }

    /// What programs are given to know it by: a certificate in PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// For a broker on this machine, and good.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn issue(&self) -> anyhow::Result<Certificate> {
        self.sign(of_a_broker(&NAMES)?)
    }

    /// For a broker on this machine, but for one flaw.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn issue_with(&self, flaw: Flaw) -> anyhow::Result<Certificate> {
        let mut params = match flaw {
            Flaw::WrongName => of_a_broker(&["elsewhere.example"])?,
            Flaw::NoAlternativeName => of_a_broker(&[])?,
            _ => of_a_broker(&NAMES)?,
        };
        let now = SystemTime::now();
        match flaw {
            Flaw::Expired => {
                params.not_before = (now - 30 * DAY).into();
                params.not_after = (now - DAY).into();
            }
            Flaw::NotYetValid => {
                params.not_before = (now + DAY).into();
                params.not_after = (now + 30 * DAY).into();
            }
            Flaw::WrongUse => {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }
            Flaw::WrongName | Flaw::NoAlternativeName => {}
        }
        self.sign(params)
    }

    /// For a client of this name.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn issue_for_client(&self, name: &str) -> anyhow::Result<Certificate> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        lasts(&mut params);
        self.sign(params)
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    fn sign(&self, mut params: CertificateParams) -> anyhow::Result<Certificate> {
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params
            .signed_by(&key, &self.issuer)
            .context("no certificate can be made")?;
        Ok(Certificate::new(&certificate, key))
    }
}

impl Certificate {
    /// Vouches for itself, as `openssl req -x509` makes it.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn self_signed() -> anyhow::Result<Self> {
        let mut params = of_a_broker(&NAMES)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Self::new(&certificate, key))
    }

    /// In PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Its private key, in PEM.
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.serialize_der().into())
    }

    fn new(certificate: &rcgen::Certificate, key: KeyPair) -> Self {
        Self {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            key,
        }
    }
}

fn of_a_broker(names: &[&str]) -> anyhow::Result<CertificateParams> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    lasts(&mut params);
    Ok(params)
}

/// A month, from yesterday on.
fn lasts(params: &mut CertificateParams) {
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + 30 * DAY).into();
}
