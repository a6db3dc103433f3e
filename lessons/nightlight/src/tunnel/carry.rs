//! One connection: plain on one side, TLS on the other.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use rustls::ClientConnection;

/// A little more than a TLS record holds (RFC 8446, section 5.1: 2^14 bytes).
const CHUNK: usize = 17 * 1024;

/// Carries bytes until one side hangs up.
///
/// # Errors
/// `InvalidData` when the broker does not keep to TLS. Lines that break are an end like any other.
pub(super) fn both_ways(
    program: &TcpStream,
    broker: &TcpStream,
    session: ClientConnection,
) -> io::Result<()> {
    // Small packets that answer each other: waiting to fill a segment only delays them.
    let _ = (program.set_nodelay(true), broker.set_nodelay(true));
    let session = Mutex::new(session);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ = to_broker(program, broker, &session);
            let _ = broker.shutdown(Shutdown::Both);
        });
        let outcome = to_program(broker, program, &session);
        let _ = (
            program.shutdown(Shutdown::Both),
            broker.shutdown(Shutdown::Both),
        );
        outcome
    })
}

/// The only one that writes to the broker, so nothing gets out of order; and it holds the session
/// only while it encrypts, so a broker that is slow to read does not keep us from reading.
fn to_broker(
    mut program: &TcpStream,
    mut broker: &TcpStream,
    session: &Mutex<ClientConnection>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = program.read(&mut chunk)?;
        let mut sealed = Vec::new();
        {
            let mut session = lock(session);
            if length == 0 {
                session.send_close_notify();
            }
            session.writer().write_all(&chunk[..length])?;
            while session.wants_write() {
                session.write_tls(&mut sealed)?;
            }
        }
        broker.write_all(&sealed)?;
        if length == 0 {
            return Ok(());
        }
    }
}

fn to_program(
    mut broker: &TcpStream,
    mut program: &TcpStream,
    session: &Mutex<ClientConnection>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let Ok(length @ 1..) = broker.read(&mut chunk) else {
            return Ok(());
        };
        let mut sealed = &chunk[..length];
        let mut opened = Vec::new();
        {
            let mut session = lock(session);
            while !sealed.is_empty() {
                session.read_tls(&mut sealed)?;
                let state = session
                    .process_new_packets()
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                let begin = opened.len();
                opened.resize(begin + state.plaintext_bytes_to_read(), 0);
                session.reader().read_exact(&mut opened[begin..])?;
                if state.peer_has_closed() {
                    sealed = &[];
                }
            }
        }
        if program.write_all(&opened).is_err() {
            return Ok(());
        }
    }
}

fn lock(session: &Mutex<ClientConnection>) -> MutexGuard<'_, ClientConnection> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}
