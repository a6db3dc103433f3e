//! MQTT over WebSocket (MQTT 3.1.1, section 6; RFC 6455), over TCP or over TLS.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::TcpStream;

use tungstenite::client::ClientRequestBuilder;
use tungstenite::http::Uri;
use tungstenite::{HandshakeError, Message, WebSocket};

use super::session::Session;

/// MQTT's name among WebSocket's subprotocols (section 6, MQTT-6.0.0-3).
const SUBPROTOCOL: &str = "mqtt";

/// As much as is read at once while the handshake lasts, in bytes.
const CHUNK: usize = 4 * 1024;

/// Agrees with the broker at `url` on WebSocket, over a connection on which nothing has been said
/// yet, or nothing but a TLS handshake.
///
/// # Errors
/// When the connection fails. With a [`tungstenite::Error`] inside when the broker does not agree.
pub(super) fn shake_hands(
    url: Uri,
    stream: &mut TcpStream,
    mut below: Box<dyn Session>,
) -> io::Result<Box<dyn Session>> {
    let request = ClientRequestBuilder::new(url).with_sub_protocol(SUBPROTOCOL);
    let mut attempt = tungstenite::client(request, Memory::default());
    loop {
        let mut half_way = match attempt {
            Ok((socket, _)) => return Ok(Box::new(Messages { socket, below })),
            Err(HandshakeError::Failure(error)) => return Err(io::Error::other(error)),
            Err(HandshakeError::Interrupted(half_way)) => half_way,
        };
        let memory = half_way.get_mut().get_mut();
        stream.write_all(&below.seal(&memory.take_outgoing())?)?;
        let mut chunk = vec![0; CHUNK];
        let length = stream.read(&mut chunk)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        memory.incoming.extend(below.open(&chunk[..length])?);
        attempt = half_way.handshake();
    }
}

/// Plain bytes in binary messages, however they are cut.
struct Messages {
    socket: WebSocket<Memory>,
    /// What is between it and the line.
    below: Box<dyn Session>,
}

impl Messages {
    fn send(&mut self) -> io::Result<Vec<u8>> {
        let outgoing = self.socket.get_mut().take_outgoing();
        self.below.seal(&outgoing)
    }
}

impl Session for Messages {
    fn seal(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        if !plain.is_empty() {
            let message = Message::binary(plain.to_vec());
            self.socket.send(message).map_err(io::Error::other)?;
        }
        self.send()
    }

    fn goodbye(&mut self) -> io::Result<Vec<u8>> {
        // The broker may have said its own already.
        let _ = self.socket.close(None).and_then(|()| self.socket.flush());
        let mut last = self.send()?;
        last.extend(self.below.goodbye()?);
        Ok(last)
    }

    fn open(&mut self, sealed: &[u8]) -> io::Result<Vec<u8>> {
        let came = self.below.open(sealed)?;
        self.socket.get_mut().incoming.extend(came);
        let mut opened = Vec::new();
        loop {
            match self.socket.read() {
                Ok(Message::Binary(bytes)) => opened.extend_from_slice(&bytes),
                // A text is an error (MQTT-6.0.0-1).
                Ok(Message::Text(_)) => {
                    let problem = "a text came instead of bytes";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
                }
                // Pings are answered by the library.
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(opened);
                }
                Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => {
                    return Ok(opened);
                }
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
        }
    }
}

/// The end of the line that WebSocket sees: what has come, and what shall leave.
#[derive(Debug, Default)]
struct Memory {
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
}

impl Memory {
    fn take_outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }
}

impl Read for Memory {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Empty is not the end.
        match self.incoming.is_empty() {
            true => Err(io::ErrorKind::WouldBlock.into()),
            false => self.incoming.read(buffer),
        }
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
