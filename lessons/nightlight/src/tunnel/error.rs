//! What can be wrong on the way to a broker, in a beginner's words.

#[cfg(feature = "websocket")]
mod over_websocket;

use std::io;
use std::path::{Path, PathBuf};

#[cfg(feature = "websocket")]
pub(super) use over_websocket::words as over_websocket;
use rustls::{AlertDescription, CertificateError, Error};

/// Why there is no connection to the broker.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TunnelError {
    /// The file with the authorities' certificates is not usable.
    #[error(
        "{} should hold the certificate of the authority that vouches for the broker \
         (NIGHTLIGHT_BROKER_CA, or `broker_ca` in nightlight.toml), but {problem}.\n\
         It is a text file that begins with -----BEGIN CERTIFICATE-----. Get it from whoever runs the broker.",
        path.display()
    )]
    Authority {
        /// Path of the file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The broker's host cannot be the name in a certificate.
    #[error("`{host}` is not a name or an address that a certificate could be made for.")]
    NoName {
        /// The host.
        host: String,
    },
    /// No local port can be opened.
    #[error("no port of this computer can be opened for the tunnel to the broker: {0}")]
    NoPort(io::Error),
    /// The cryptography does not support any version of TLS.
    #[error("no version of TLS can be spoken: {0}")]
    NoCryptography(Error),
    /// The broker does not answer, or does not prove who it is.
    #[error("No encrypted connection to {place}: {problem}")]
    Broker {
        /// Host and port.
        place: String,
        /// What happened and what to do.
        problem: String,
    },
    /// The broker is one over WebSocket, and the program was built without the feature for that.
    #[error(
        "this program was built without the feature `websocket`, which `ws://` and `wss://` need."
    )]
    NoWebSocket,
    /// There is no connection over WebSocket.
    #[error("No connection over WebSocket to {url}: {problem}")]
    WebSocket {
        /// The broker's address, without login and query.
        url: String,
        /// What happened and what to do.
        problem: String,
    },
}

/// What happened to a connection, and what to do about it.
pub(super) fn words(error: &io::Error, host: &str, authorities: Option<&Path>) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match (inner, error.kind()) {
        (Some(error), _) => of_tls(error, host, authorities),
        (None, io::ErrorKind::ConnectionRefused) => {
            "nothing listens there. Is the broker running, and is it the port for TLS (by custom \
             8883)?"
                .to_owned()
        }
        (None, io::ErrorKind::AddrNotAvailable) => no_computer(host, error),
        (None, io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {
            "no answer. Is it the right address, is it the port for TLS (by custom 8883), and does \
             a firewall let you through?"
                .to_owned()
        }
        (None, io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => {
            "it hung up at the first word. It may not speak TLS on this port (by custom TLS is on \
             8883, and 1883 is for mqtt:// without the s)."
                .to_owned()
        }
        (None, _) => format!("{error}."),
    }
}

fn no_computer(host: &str, error: &io::Error) -> String {
    format!(
        "the name `{host}` leads to no computer. Is it spelt right, and are you online? ({error})"
    )
}

fn of_tls(error: &Error, host: &str, authorities: Option<&Path>) -> String {
    match error {
        Error::InvalidCertificate(problem) => of_certificate(problem, host, authorities),
        Error::InvalidMessage(_) => {
            "what answers there does not speak TLS. By custom TLS is on port 8883, and 1883 is for \
             mqtt:// without the s."
                .to_owned()
        }
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "it asks for a certificate of yours, which these programs do not have. Use a broker \
             that asks for a user and a password instead."
                .to_owned()
        }
        Error::AlertReceived(_) | Error::PeerIncompatible(_) => format!(
            "it and this program found no common way to encrypt ({error}). Its TLS may be too old: \
             1.2 or 1.3 is needed."
        ),
        other => format!("TLS failed: {other}."),
    }
}

fn of_certificate(problem: &CertificateError, host: &str, authorities: Option<&Path>) -> String {
    let nothing_sent = "Nothing was sent to it.";
    match problem {
        // A bad signature is that of another authority with the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => match authorities {
            Some(file) => format!(
                "its certificate was not made by the authority in {}. {nothing_sent} Either the \
                 file is of another broker or out of date, then get the right one; or somebody \
                 stands between you and your broker.",
                file.display()
            ),
            None => format!(
                "its certificate was made by an authority that nobody knows here. {nothing_sent} \
                 If it is a broker of your own or of your class, get its authority's certificate \
                 (a .pem file) from whoever runs it, and set NIGHTLIGHT_BROKER_CA to where the \
                 file is."
            ),
        },
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<String> = presented.iter().map(|name| bare(name)).collect();
            format!(
                "its certificate is for {}, not for {host}. {nothing_sent} Write one of the names \
                 it is for into NIGHTLIGHT_BROKER.",
                names.join(", ")
            )
        }
        CertificateError::NotValidForName => format!(
            "its certificate is not for {host}. {nothing_sent} Write the name it is for into \
             NIGHTLIGHT_BROKER."
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => format!(
            "its certificate has expired. {nothing_sent} Is the clock of this computer right? Then \
             whoever runs the broker has to renew it."
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => format!(
            "its certificate is not valid yet. {nothing_sent} Is the clock of this computer right?"
        ),
        other => format!(
            "its certificate is not accepted: {other}. {nothing_sent} Whoever runs the broker has \
             to make a better one."
        ),
    }
}

/// rustls writes a name as `DnsName("room")` and an address as `IpAddress(127.0.0.1)`.
fn bare(name: &str) -> String {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner);
    inner.trim_end_matches(')').trim_matches('"').to_owned()
}
