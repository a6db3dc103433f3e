//! A network of its own that holds nothing but loopback, and the way from its ports to the real ones.
//!
//! A socket belongs to the network it was made in, whoever holds it. So init, inside, makes the listening
//! sockets and hands them to the warden, outside, who accepts there and connects here.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::linux::net::TcpStreamExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;

/// Connections relayed at a time; a program that opens more is refused, and the warden stays small.
const MOST_CONNECTIONS: usize = 32;

/// Switches this network's loopback on and listens on each port there.
pub(super) fn listen(ports: &[u16]) -> io::Result<Vec<TcpListener>> {
    raise_loopback()?;
    ports
        .iter()
        .map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)))
        .collect()
}

#[expect(
    unsafe_code,
    reason = "the standard library cannot switch a network interface on"
)]
fn raise_loopback() -> io::Result<()> {
    let socket = TcpSocket::unconnected()?;
    // SAFETY: `ifreq` is plain old data, for which zeroes are a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = libc::c_char::try_from(*from).unwrap_or_default();
    }
    request.ifr_ifru.ifru_flags =
        libc::c_short::try_from(libc::IFF_UP | libc::IFF_RUNNING).unwrap_or_default();
    // SAFETY: the request is a valid `ifreq` that outlives the call, as SIOCSIFFLAGS asks for.
    let answer = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    Errno::result(answer)?;
    Ok(())
}

/// Something to ask the kernel about interfaces through.
struct TcpSocket;

impl TcpSocket {
    fn unconnected() -> nix::Result<std::os::fd::OwnedFd> {
        use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
        socket(
            AddressFamily::Inet,
            SockType::Stream,
            SockFlag::SOCK_CLOEXEC,
            None,
        )
    }
}

/// What the connections made inside still have to say outside.
#[derive(Default)]
pub(super) struct Relay {
    speaking: Mutex<usize>,
    silent: Condvar,
}

impl Relay {
    /// Waits until all that was said inside has been passed on, but no longer than `most`: a program
    /// may end right after its last word, and the relay with it.
    pub(super) fn finish(&self, most: Duration) {
        let speaking = self.speaking.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self
            .silent
            .wait_timeout_while(speaking, most, |speaking| *speaking > 0);
    }

    fn begin(&self) {
        *self.speaking.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }

    fn end(&self) {
        *self.speaking.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.silent.notify_all();
    }
}

/// Relays every connection made inside to the same port outside, until this process ends.
pub(super) fn relay(listeners: Vec<TcpListener>) -> Arc<Relay> {
    let relay = Arc::new(Relay::default());
    let open = Arc::new(AtomicUsize::new(0));
    for listener in listeners {
        let (open, relay) = (Arc::clone(&open), Arc::clone(&relay));
        thread::spawn(move || {
            let Ok(port) = listener.local_addr().map(|address| address.port()) else {
                return;
            };
            for inside in listener.incoming().flatten() {
                if open.fetch_add(1, Ordering::Relaxed) >= MOST_CONNECTIONS {
                    open.fetch_sub(1, Ordering::Relaxed);
                    continue;
                }
                let (open, relay) = (Arc::clone(&open), Arc::clone(&relay));
                relay.begin();
                thread::spawn(move || {
                    // A broker that is down shows inside as a connection closed at once.
                    join(&inside, (Ipv4Addr::LOCALHOST, port).into(), &relay);
                    open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
    }
    relay
}

/// Until both directions have ended; `relay` hears of the end of the one from inside.
fn join(inside: &TcpStream, address: SocketAddr, relay: &Relay) {
    let Ok(outside) = connect(inside, address) else {
        return relay.end();
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            pour(inside, &outside);
            relay.end();
        });
        pour(&outside, inside);
    });
}

fn connect(inside: &TcpStream, address: SocketAddr) -> io::Result<TcpStream> {
    let outside = TcpStream::connect(address)?;
    // Small MQTT packets must not wait for more; the relay is not to be felt.
    inside.set_nodelay(true)?;
    outside.set_nodelay(true)?;
    Ok(outside)
}

/// Until the sender is done. A program that writes two small packets keeps the second until the
/// first is acknowledged, and the system puts that off for 40 ms where nobody answers.
fn copy(from: &mut &TcpStream, to: &mut &TcpStream) -> io::Result<()> {
    let mut chunk = [0; 16 * 1024];
    loop {
        let length = match from.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        // The system forgets it again, hence after each read. Refused, it only costs time.
        let _ = from.set_quickack(true);
        to.write_all(&chunk[..length])?;
    }
}

/// One direction. Its end, clean or not, is passed on, so that the other side sees it, too.
fn pour(mut from: &TcpStream, mut to: &TcpStream) {
    let clean = copy(&mut from, &mut to).is_ok();
    let how = if clean {
        Shutdown::Write
    } else {
        Shutdown::Both
    };
    let _ = to.shutdown(how);
    if !clean {
        let _ = from.shutdown(Shutdown::Both);
    }
}
