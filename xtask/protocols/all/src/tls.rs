//! TLS 1.3 between a device and its server, with a certificate that an authority of our own has
//! signed.

use std::sync::Arc;

use anyhow::Context;
use arena_tls::Authority;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig, crypto};

/// Whether a device takes up what it has agreed with the server before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It begins anew each time.
    Never,
    /// As rustls does by itself.
    Resumed,
}

/// Who vouches for the servers, and one certificate.
#[derive(Clone, Debug)]
pub struct Trust {
    authority: Arc<Authority>,
    /// The server's certificate, in PEM.
    pub certificate: String,
    /// Its key, in PEM.
    pub key: String,
}

impl Trust {
    /// A new one.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn new() -> anyhow::Result<Self> {
        let authority = Authority::new("bench")?;
        let issued = authority.issue()?;
        Ok(Self {
            certificate: issued.pem(),
            key: issued.key_pem(),
            authority: Arc::new(authority),
        })
    }

    /// How a device connects; `alpn` is the protocol that it names in its hello, if any.
    ///
    /// # Errors
    /// When the certificates cannot be read.
    pub fn client(&self, again: Again, alpn: Option<&str>) -> anyhow::Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(self.authority.pem().as_bytes());
        roots.add(authority.context("the authority's certificate")?)?;
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        if again == Again::Never {
            config.resumption = Resumption::disabled();
        }
        config.alpn_protocols = alpn
            .map(|name| name.as_bytes().to_vec())
            .into_iter()
            .collect();
        Ok(Arc::new(config))
    }

    /// How a server of ours answers.
    ///
    /// # Errors
    /// When the certificate cannot be read.
    pub fn server(&self, alpn: Option<&str>) -> anyhow::Result<Arc<ServerConfig>> {
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes())
            .context("the server's certificate")?;
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).context("its key")?;
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        config.alpn_protocols = alpn
            .map(|name| name.as_bytes().to_vec())
            .into_iter()
            .collect();
        Ok(Arc::new(config))
    }
}

fn provider() -> Arc<crypto::CryptoProvider> {
    Arc::new(crypto::ring::default_provider())
}
