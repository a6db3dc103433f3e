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
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::authority::{Authority, Certificate};

/// How long a program may take for its handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// The first byte of a CONNECT (MQTT 3.1.1, section 3.1.1).
const CONNECT: u8 = 0x10;

/// Why there is no link to a program that begins with a CONNECT where TLS is spoken.
pub const IN_THE_CLEAR: &str = "it spoke MQTT in the clear";

/// TLS with a certificate of ours.
#[derive(Debug)]
pub struct Tls {
    /// Who vouches for clients, if they are asked for a certificate.
    clients: Option<CertificateDer<'static>>,
    /// None, while there is no TLS on this port.
    config: RwLock<Option<Arc<ServerConfig>>>,
}

impl Tls {
    /// Shows this certificate, and asks for none.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn new(certificate: &Certificate) -> anyhow::Result<Arc<Self>> {
        Self::with(certificate, None)
    }

    /// Shows this certificate, and lets only clients in that have one of this authority.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn asking(certificate: &Certificate, clients: &Authority) -> anyhow::Result<Arc<Self>> {
        Self::with(certificate, Some(clients.der()))
    }

    fn with(
        certificate: &Certificate,
        clients: Option<CertificateDer<'static>>,
    ) -> anyhow::Result<Arc<Self>> {
        let config = RwLock::new(Some(config(certificate, clients.as_ref())?));
        Ok(Arc::new(Self { clients, config }))
    }

    /// Shows another certificate from the next connection on. Sessions that began with the old one
    /// are not resumed: each client has to look at the new one.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn renew(&self, certificate: &Certificate) -> anyhow::Result<()> {
        self.set(Some(config(certificate, self.clients.as_ref())?));
        Ok(())
    }

    /// From the next connection on there is no TLS on this port, until a certificate is shown again:
    /// MQTT in the clear is let through, and whatever else comes is not answered.
    pub fn speak_plain(&self) {
        self.set(None);
    }

    fn set(&self, config: Option<Arc<ServerConfig>>) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    fn config(&self) -> Option<Arc<ServerConfig>> {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        config.clone()
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
                WebPkiClientVerifier::builder_with_provider(Arc::new(known), Arc::clone(&provider))
                    .build()?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    // Shown as it is, whatever is wrong with it: `with_single_cert` would not take all.
    let key = provider.key_provider.load_private_key(certificate.key())?;
    let shown = SingleCertAndKey::from(CertifiedKey::new(vec![certificate.der.clone()], key));
    Ok(Arc::new(builder.with_cert_resolver(Arc::new(shown))))
}

impl Link for Tls {
    fn url(&self, entrance: &Endpoint) -> String {
        entrance.url_of("mqtts")
    }

    fn welcome(&self, program: Tcp) -> Welcome<'_> {
        let config = self.config();
        Box::pin(async move {
            let welcome = tokio::time::timeout(HANDSHAKE_LIMIT, welcome(program, config));
            match welcome.await {
                Ok(stream) => stream,
                Err(_) => Err(io::Error::other("no TLS handshake came")),
            }
        })
    }
}

async fn welcome(program: Tcp, config: Option<Arc<ServerConfig>>) -> io::Result<Box<dyn Stream>> {
    let is_plain = program.first_byte().await? == Some(CONNECT);
    match config {
        Some(_) if is_plain => Err(io::Error::other(IN_THE_CLEAR)),
        Some(config) => Ok(Box::new(TlsAcceptor::from(config).accept(program).await?)),
        None if is_plain => Ok(Box::new(program)),
        None => Err(io::Error::other("there is no TLS on this port")),
    }
}
