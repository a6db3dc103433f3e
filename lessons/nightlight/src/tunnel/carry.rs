//! One connection: plain on one side, and as the broker wants it on the other.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::session::Session;

/// A little more than a TLS record holds (RFC 8446, section 5.1: 2^14 bytes).
const CHUNK: usize = 17 * 1024;

/// A connection's session, and the turn to write to the broker.
struct Line {
    session: Mutex<Box<dyn Session>>,
    /// Held from sealing until all is written, so that nothing gets out of order. The session itself
    /// is held only while it seals or opens, so a broker that is slow to read does not keep us from
    /// reading.
    turn: Mutex<()>,
}

/// Carries bytes until one side hangs up.
///
/// # Errors
/// `InvalidData` when the broker does not keep to what the session speaks. Lines that break are an
/// end like any other.
pub(super) fn both_ways(
    program: &TcpStream,
    broker: &TcpStream,
    session: Box<dyn Session>,
) -> io::Result<()> {
    // Small packets that answer each other: waiting to fill a segment only delays them.
    let _ = (program.set_nodelay(true), broker.set_nodelay(true));
    let line = Line {
        session: Mutex::new(session),
        turn: Mutex::default(),
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ = to_broker(program, broker, &line);
            let _ = broker.shutdown(Shutdown::Both);
        });
        let outcome = to_program(broker, program, &line);
        let _ = (
            program.shutdown(Shutdown::Both),
            broker.shutdown(Shutdown::Both),
        );
        outcome
    })
}

fn to_broker(mut program: &TcpStream, mut broker: &TcpStream, line: &Line) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = program.read(&mut chunk)?;
        let _turn = lock(&line.turn);
        let sealed = match length {
            0 => lock(&line.session).goodbye()?,
            _ => lock(&line.session).seal(&chunk[..length])?,
        };
        broker.write_all(&sealed)?;
        if length == 0 {
            return Ok(());
        }
    }
}

fn to_program(mut broker: &TcpStream, mut program: &TcpStream, line: &Line) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    // First what came together with the end of the handshake.
    let mut length = 0;
    loop {
        let opened = lock(&line.session).open(&chunk[..length])?;
        // Whatever cannot be sent now, such as the answer to a ping, goes with what is sent next.
        // Waiting for the turn could be waiting for a broker that waits for us.
        if let Ok(_turn) = line.turn.try_lock() {
            let own = lock(&line.session).seal(&[])?;
            if broker.write_all(&own).is_err() {
                return Ok(());
            }
        }
        if program.write_all(&opened).is_err() {
            return Ok(());
        }
        length = match broker.read(&mut chunk) {
            Ok(length @ 1..) => length,
            _ => return Ok(()),
        };
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
