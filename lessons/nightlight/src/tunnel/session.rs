//! What the bytes on the line are made of: TLS, and with the feature `websocket` WebSocket.

use std::io::{self, Read, Write};

use rustls::ClientConnection;

/// Makes plain bytes into those on the line, and back.
pub(super) trait Session: Send {
    /// What to send for these bytes, and for what the session has to say of its own.
    fn seal(&mut self, plain: &[u8]) -> io::Result<Vec<u8>>;

    /// What to send last.
    fn goodbye(&mut self) -> io::Result<Vec<u8>>;

    /// The plain bytes in what came, which may be nothing new. After the broker's last word there are none.
    ///
    /// # Errors
    /// `InvalidData` when the broker does not keep to the rules.
    fn open(&mut self, sealed: &[u8]) -> io::Result<Vec<u8>>;
}

/// Nothing between: each byte is what it is.
pub(super) struct Bare;

impl Session for Bare {
    fn seal(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        Ok(plain.to_vec())
    }

    fn goodbye(&mut self) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn open(&mut self, sealed: &[u8]) -> io::Result<Vec<u8>> {
        Ok(sealed.to_vec())
    }
}

impl Session for ClientConnection {
    fn seal(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        self.writer().write_all(plain)?;
        let mut sealed = Vec::new();
        while self.wants_write() {
            self.write_tls(&mut sealed)?;
        }
        Ok(sealed)
    }

    fn goodbye(&mut self) -> io::Result<Vec<u8>> {
        self.send_close_notify();
        self.seal(&[])
    }

    fn open(&mut self, mut sealed: &[u8]) -> io::Result<Vec<u8>> {
        let mut opened = Vec::new();
        while !sealed.is_empty() {
            self.read_tls(&mut sealed)?;
            let state = self
                .process_new_packets()
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            let begin = opened.len();
            opened.resize(begin + state.plaintext_bytes_to_read(), 0);
            self.reader().read_exact(&mut opened[begin..])?;
            if state.peer_has_closed() {
                sealed = &[];
            }
        }
        Ok(opened)
    }
}
