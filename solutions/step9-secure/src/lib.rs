// ANCHOR: title
//! Step 9, for both programs: which broker to believe, and what to say when it is not to be
//! believed.
// ANCHOR_END: title

// ANCHOR: imports
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use nightlight::Settings;
use rumqttc::mqttbytes;
use rumqttc::{ConnectReturnCode, ConnectionError, StateError, TlsError, Transport};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CertificateError, ClientConfig, RootCertStore};
// ANCHOR_END: imports

// ANCHOR: transport
/// The way to the broker: encrypted, and to nobody but a broker that proves who it is.
///
/// # Errors
/// When the address is one without encryption, or a file with certificates or a key makes no sense.
pub fn transport(settings: &Settings) -> anyhow::Result<Transport> {
    // ANCHOR: transport-body
    ensure!(
        settings.broker.is_encrypted(),
        "the broker's address begins with mqtt://, so that everybody on the way could read your \
         password. Write mqtts:// into NIGHTLIGHT_BROKER"
    );
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(authorities(settings.broker_ca.as_deref())?);
    let config = match (&settings.client_cert, &settings.client_key) {
        // ANCHOR: client
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate)?;
            let private = PrivateKeyDer::from_pem_file(key);
            let private = private.with_context(|| format!("no key in {}", key.display()))?;
            let config = config.with_client_auth_cert(chain, private);
            config.with_context(|| {
                format!(
                    "the key in {} does not fit the certificate in {}",
                    key.display(),
                    certificate.display()
                )
            })?
        }
        // ANCHOR_END: client
        _ => config.with_no_client_auth(),
    };
    Ok(Transport::tls_with_config(config.into()))
    // ANCHOR_END: transport-body
}
// ANCHOR_END: transport

// ANCHOR: authorities
/// Who may vouch for the broker: the authorities in this file and no other, or without a file those
/// that browsers know.
fn authorities(file: Option<&Path>) -> anyhow::Result<RootCertStore> {
    // ANCHOR: authorities-body
    let mut known = RootCertStore::empty();
    match file {
        Some(file) => {
            for certificate in certificates(file)? {
                known.add(certificate)?;
            }
        }
        None => known.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    Ok(known)
    // ANCHOR_END: authorities-body
}
// ANCHOR_END: authorities

// ANCHOR: certificates
/// The certificates in a PEM file, at least one.
fn certificates(file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    // ANCHOR: certificates-body
    let all = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let all: Vec<_> = all.with_context(|| format!("{} cannot be read", file.display()))?;
    ensure!(!all.is_empty(), "no certificate in {}", file.display());
    Ok(all)
    // ANCHOR_END: certificates-body
}
// ANCHOR_END: certificates

// ANCHOR: refusal
/// What the broker has against us, or we against the broker, and what to do about it. Nothing, if
/// the error is about neither.
pub fn refusal(error: &ConnectionError) -> Option<String> {
    // ANCHOR: password
    if let ConnectionError::ConnectionRefused(
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
    ) = error
    {
        let words = "The broker does not take this user and password. Are they right in \
                     NIGHTLIGHT_BROKER?";
        return Some(words.to_owned());
    }
    // ANCHOR_END: password
    // ANCHOR: hung-up
    if let ConnectionError::Tls(TlsError::Io(error)) = error
        && matches!(
            error.kind(),
            ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof
        )
    {
        let words = "The broker hung up at the first word. Is there TLS on the port in \
                     NIGHTLIGHT_BROKER?";
        return Some(words.to_owned());
    }
    // ANCHOR_END: hung-up
    let words = match reason(error)? {
        rustls::Error::InvalidMessage(_) => {
            "No TLS on this port. Is the port in NIGHTLIGHT_BROKER right?".to_owned()
        }
        // ANCHOR: certificate
        rustls::Error::InvalidCertificate(problem) => {
            let words = objection(problem);
            format!("The broker's certificate is refused, and nothing was sent: {words}")
        }
        // ANCHOR_END: certificate
        // ANCHOR: other-refusals
        rustls::Error::AlertReceived(alert) => format!(
            "The broker refuses us ({alert:?}). If it asks for a certificate, set NIGHTLIGHT_CERT \
             and NIGHTLIGHT_KEY to files that it knows."
        ),
        other => format!("TLS failed: {other}."),
        // ANCHOR_END: other-refusals
    };
    Some(words)
}
// ANCHOR_END: refusal

// ANCHOR: objection
/// What is wrong with a certificate, and what to do about it.
fn objection(problem: &CertificateError) -> String {
    // ANCHOR: objection-body
    match problem {
        // Signed by another key: somebody has given an authority of theirs the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "no authority that we know has issued it. Is the right file in NIGHTLIGHT_BROKER_CA?"
                .to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another host. Does NIGHTLIGHT_BROKER have the broker's own name in it?"
                .to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired. If the clock of this computer is right, the broker needs a new one."
                .to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet. Is the clock of this computer right?".to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not for a broker, but for another use. The broker needs another one.".to_owned()
        }
        // An authority's own, say, as is one that vouches for itself; or one of version 1.
        CertificateError::Other(problem) => format!(
            "it is none that a broker can have ({problem}). The broker needs one that an authority \
             has issued for it."
        ),
        other => format!("{other}. The broker needs another one."),
    }
    // ANCHOR_END: objection-body
}
// ANCHOR_END: objection

// ANCHOR: reason
/// What TLS has to say about an error. It lies well below what rumqttc hands out.
fn reason(error: &ConnectionError) -> Option<&rustls::Error> {
    let error = match error {
        ConnectionError::Tls(TlsError::Io(error)) => error,
        // A broker looks at our certificate when we may have begun to speak MQTT already.
        ConnectionError::MqttState(StateError::Deserialization(mqttbytes::Error::Io(error))) => {
            error
        }
        _ => return None,
    };
    error.get_ref()?.downcast_ref()
}
// ANCHOR_END: reason
