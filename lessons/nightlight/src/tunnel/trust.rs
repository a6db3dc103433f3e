//! The certificate authorities that are trusted for the broker.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::TunnelError;

/// TLS 1.2 and 1.3, with the authorities in the file, or without one those that browsers know.
pub(super) fn config(file: Option<&Path>) -> Result<ClientConfig, TunnelError> {
    let authorities = match file {
        Some(file) => read(file).map_err(|problem| TunnelError::Authority {
            path: file.to_owned(),
            problem,
        })?,
        None => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TunnelError::NoCryptography)?;
    Ok(config
        .with_root_certificates(authorities)
        .with_no_client_auth())
}

fn read(file: &Path) -> Result<RootCertStore, String> {
    let text = fs::read(file).map_err(|error| format!("it cannot be read: {error}"))?;
    let mut authorities = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| format!("it is not sound: {error}"))?;
        authorities
            .add(certificate)
            .map_err(|error| format!("a certificate in it is not sound: {error}"))?;
    }
    if authorities.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    Ok(authorities)
}
