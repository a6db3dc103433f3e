//! The link.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use arena::endpoint::Endpoint;
use arena::line::{Link, Stream, Tcp, Welcome};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::authority::{Authority, Certificate};

/// How long a program may take for its handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// TLS with a certificate of ours.
#[derive(Debug)]
pub struct Tls {
    /// Who vouches for clients, if they are asked for a certificate.
    clients: Option<CertificateDer<'static>>,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Shows this certificate, and asks for none.
    ///
    /// # Errors
    /// When the key does not fit.
    pub fn new(certificate: &Certificate) -> anyhow::Result<Arc<Self>> {
        Self::with(certificate, None)
    }

    /// Shows this certificate, and lets only clients in that have one of this authority.
    ///
    /// # Errors
    /// When the key does not fit.
    pub fn asking(certificate: &Certificate, clients: &Authority) -> anyhow::Result<Arc<Self>> {
        Self::with(certificate, Some(clients.der()))
    }

    fn with(
        certificate: &Certificate,
        clients: Option<CertificateDer<'static>>,
    ) -> anyhow::Result<Arc<Self>> {
        let config = RwLock::new(config(certificate, clients.as_ref())?);
        Ok(Arc::new(Self { clients, config }))
    }

    /// Shows another certificate from the next connection on. Sessions that began with the old one
    /// are not resumed: each client has to look at the new one.
    ///
    /// # Errors
    /// When the key does not fit.
    pub fn renew(&self, certificate: &Certificate) -> anyhow::Result<()> {
        let config = config(certificate, self.clients.as_ref())?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    fn config(&self) -> Arc<ServerConfig> {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&config)
    }
}

fn config(
    certificate: &Certificate,
    clients: Option<&CertificateDer<'static>>,
) -> anyhow::Result<Arc<ServerConfig>> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut known = RootCertStore::empty();
            known.add(authority.clone())?;
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(known), provider).build()?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let chain = vec![certificate.der.clone()];
    Ok(Arc::new(
        builder.with_single_cert(chain, certificate.key())?,
    ))
}

impl Link for Tls {
    fn url(&self, entrance: &Endpoint) -> String {
        entrance.url_of("mqtts")
    }

    fn welcome(&self, program: Tcp) -> Welcome<'_> {
        let acceptor = TlsAcceptor::from(self.config());
        Box::pin(async move {
            let handshake = tokio::time::timeout(HANDSHAKE_LIMIT, acceptor.accept(program));
            match handshake.await {
                Ok(Ok(stream)) => Ok(Box::new(stream) as Box<dyn Stream>),
                Ok(Err(error)) => Err(error),
                Err(_) => Err(io::Error::other("no TLS handshake came")),
            }
        })
    }
}
