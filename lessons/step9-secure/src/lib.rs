//! Step 9, for both programs: which broker to believe, and what to say when it is not to be
//! believed.

use std::io::ErrorKind;
use std::path::Path;
// TODO 1 also needs `std::sync::Arc`, `anyhow::ensure`, `rustls::ClientConfig` and
// `rustls::crypto::ring`. TODO 2 needs `rustls::pki_types::pem::PemObject` and `anyhow::Context`, and
// TODO 3 `rustls::pki_types::PrivateKeyDer`.

use anyhow::bail;
use nightlight::Settings;
use rumqttc::mqttbytes;
use rumqttc::{ConnectionError, StateError, TlsError, Transport};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
// TODO 4 also needs `rustls::CertificateError`, and TODO 5 `rumqttc::ConnectReturnCode`.

/// The way to the broker: encrypted, and to nobody but a broker that proves who it is.
///
/// # Errors
/// When the address is one without encryption, or a file with certificates or a key makes no sense.
pub fn transport(settings: &Settings) -> anyhow::Result<Transport> {
    // TODO 1: an address that begins with mqtt:// is an error that says what to write instead
    // (`settings.broker.is_encrypted()`). For any other make a `ClientConfig`: with the provider `ring`
    // (`builder_with_provider`), the safe versions of TLS, the authorities below for root
    // certificates, and no certificate of our own. `Transport::tls_with_config` takes it.
    // TODO 3: if the settings name a certificate of our own (`client_cert`) and its key (`client_key`),
    // both go into the configuration. A key that does not fit is an error.
    // The next lines stand in for all that, and encrypt nothing.
    let _ = authorities(settings.broker_ca.as_deref());
    Ok(Transport::tcp())
}

/// Who may vouch for the broker: the authorities in this file and no other, or without a file those
/// that browsers know.
fn authorities(file: Option<&Path>) -> anyhow::Result<RootCertStore> {
    // TODO 2: each certificate in the file goes into a `RootCertStore`. Without a file it holds
    // those of `webpki_roots::TLS_SERVER_ROOTS`.
    // The next lines stand in for it, and believe nobody.
    let _ = file.map(certificates);
    Ok(RootCertStore::empty())
}

/// The certificates in a PEM file, at least one.
fn certificates(file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    // TODO 2: all certificates in the file (`CertificateDer::pem_file_iter`). None is an error that
    // names the file. The next line stands in for it.
    bail!("nobody reads {} yet", file.display())
}

/// What the broker has against us, or we against the broker, and what to do about it. Nothing, if
/// the error is about neither.
pub fn refusal(error: &ConnectionError) -> Option<String> {
    // TODO 5: if the broker does not take user and password, say so. Brokers do not agree on how
    // they put that: `BadUserNamePassword` or `NotAuthorized`.
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
    let words = match reason(error)? {
        rustls::Error::InvalidMessage(_) => {
            "No TLS on this port. Is the port in NIGHTLIGHT_BROKER right?".to_owned()
        }
        // TODO 4: say what it is, and what to do about it. `InvalidCertificate` has a
        // `CertificateError` in it, which tells whether an authority, a name, a date or a use is
        // wrong. `AlertReceived` is the broker's own complaint, of our certificate say. The last
        // line stands in for it.
        _ => "There is no TLS with this broker.".to_owned(),
    };
    Some(words)
}

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
