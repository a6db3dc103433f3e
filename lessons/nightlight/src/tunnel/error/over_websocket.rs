//! The same on the way to a broker over WebSocket.

use std::io;
use std::path::Path;

use tungstenite::Error;
use tungstenite::error::ProtocolError;

use super::{no_computer, of_tls};

/// What happened to a connection, and what to do about it.
pub(in crate::tunnel) fn words(
    error: &io::Error,
    host: &str,
    authorities: Option<&Path>,
) -> String {
    let inner = error.get_ref();
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref()) {
        return match error {
            rustls::Error::InvalidMessage(_) => {
                "what answers there does not speak TLS. Without it the address begins with ws://."
                    .to_owned()
            }
            error => of_tls(error, host, authorities),
        };
    }
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref()) {
        return of_websocket(error);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "nothing listens there. Is the broker running, and is the port right?".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => no_computer(host, error),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            "no answer. Is it the right address, does the broker speak WebSocket on this port, and \
             does a firewall let you through?"
                .to_owned()
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            "it hung up at the first word. It may not speak WebSocket on this port: by custom 1883 is \
             for mqtt://, and 8883 for mqtts://."
                .to_owned()
        }
        _ => format!("{error}."),
    }
}

fn of_websocket(error: &Error) -> String {
    match error {
        Error::Http(answer) => format!(
            "a web server is there, which answers {} instead of WebSocket. Is the path right? Many \
             brokers have it at /mqtt.",
            answer.status()
        ),
        Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(_)) => {
            "it speaks WebSocket, but not for MQTT: it does not take the subprotocol `mqtt`. Is the \
             path right?"
                .to_owned()
        }
        error => format!(
            "what answers there does not keep to WebSocket ({error}). Is it the right port?"
        ),
    }
}
