//! A way to a broker behind TLS or WebSocket, for programs that speak plain MQTT.
//!
//! Why a tunnel? `rumqttc` could speak TLS itself. But then each program would need its twenty more
//! crates and a few more lines, from the first step on, for a broker that few have at first. With
//! a tunnel the learner's program is the same for every broker, and pays nothing without the
//! feature `tls`.
//!
//! Is that honest? What leaves this computer is encrypted, and it leaves only after the broker has
//! proved its name. Between program and tunnel, both in one process, it crosses the computer's own
//! loopback, where only its administrator could listen. Another program on this computer could use
//! the tunnel too, but has no login to show at its end. One thing differs from a product, which
//! would use `rumqttc::Transport::tls`: the MQTT library cannot know why a connection failed, it
//! only sees it end. So the tunnel itself says so, on standard error.
//!
//! WebSocket goes the same way, behind the feature `websocket`. `rumqttc` has it too, in an address
//! that is a URL, which again each program would have to know of.

mod carry;
mod dial;
mod error;
mod session;
mod trust;
#[cfg(feature = "websocket")]
mod websocket;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::BrokerAddress;
use dial::Route;
pub use error::TunnelError;

/// How long a program that ends waits for what it said last.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long to wait after this computer had no connection left to give.
const PAUSE: Duration = Duration::from_millis(100);

/// Listens on a port of this computer, and carries each connection, encrypted or over WebSocket, to the
/// broker.
///
/// Dropped, it takes no new connections.
#[derive(Debug)]
pub struct Tunnel {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    address: SocketAddr,
    route: Route,
    closed: AtomicBool,
    /// Number of open connections.
    open: Mutex<usize>,
    all_ended: Condvar,
    /// What was last said to be wrong: a program tries once a second, and need not hear it as often.
    told: Mutex<Option<String>>,
}

impl Tunnel {
    /// Opens a tunnel to `broker`, which is not yet asked. The authorities in the PEM file may
    /// vouch for it, or without one those that browsers know.
    ///
    /// # Errors
    /// When the file holds no certificate, the broker's name can be in none, or this computer has
    /// no port left. When the broker is one over WebSocket, and the feature `websocket` is missing.
    pub fn open(broker: &BrokerAddress, authorities: Option<&Path>) -> Result<Self, TunnelError> {
        let route = Route::new(broker, authorities)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(TunnelError::NoPort)?;
        let shared = Arc::new(Shared {
            address: listener.local_addr().map_err(TunnelError::NoPort)?,
            route,
            closed: AtomicBool::new(false),
            open: Mutex::new(0),
            all_ended: Condvar::new(),
            told: Mutex::default(),
        });
        let its = Arc::clone(&shared);
        thread::spawn(move || its.serve(&listener));
        Ok(Self { shared })
    }

    /// Address on which it accepts plain connections.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Shakes hands with the broker, and hangs up.
    ///
    /// # Errors
    /// When it does not answer, the certificate does not prove that it is the one, or there is no
    /// WebSocket where there should be.
    pub fn probe(&self) -> Result<(), TunnelError> {
        self.shared.route.dial().map(drop)
    }

    /// Keeps it for as long as the program runs.
    pub(crate) fn stay(self) -> Farewell {
        let farewell = Farewell(Arc::clone(&self.shared));
        std::mem::forget(self);
        farewell
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        // It waits for a connection. If this one fails, the next one will do.
        let _ = TcpStream::connect_timeout(&self.shared.address, FAREWELL);
    }
}

/// Dropped at the end of a program, it waits until the tunnel has passed on the goodbye, which
/// the program believes sent: the tunnel ends with it.
#[derive(Debug)]
pub(crate) struct Farewell(Arc<Shared>);

impl PartialEq for Farewell {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Farewell {}

impl Drop for Farewell {
    fn drop(&mut self) {
        let open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let all_ended = &self.0.all_ended;
        // Too late is too late: there is nothing else to do.
        let _ = all_ended.wait_timeout_while(open, FAREWELL, |open| *open > 0);
    }
}

impl Shared {
    fn serve(self: Arc<Self>, listener: &TcpListener) {
        for program in listener.incoming() {
            if self.closed.load(Ordering::SeqCst) {
                return;
            }
            match program {
                Ok(program) => {
                    let connection = Connection::begin(Arc::clone(&self));
                    thread::spawn(move || connection.carry(&program));
                }
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    /// Prints a problem, once; `None` when it is over.
    fn tell(&self, words: Option<String>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = &words
            && Some(words) != told.as_ref()
        {
            eprintln!("{words}");
        }
        *told = words;
    }
}

/// One connection of the program, counted.
struct Connection(Arc<Shared>);

impl Connection {
    fn begin(shared: Arc<Shared>) -> Self {
        *shared.open.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self(shared)
    }

    fn carry(self, program: &TcpStream) {
        let (broker, session) = match self.0.route.dial() {
            Ok(dialled) => dialled,
            // The program sees its connection end.
            Err(error) => return self.0.tell(Some(error.to_string())),
        };
        self.0.tell(None);
        if let Err(error) = carry::both_ways(program, &broker, session)
            && error.kind() == io::ErrorKind::InvalidData
        {
            let error = self.0.route.explain(error);
            self.0.tell(Some(error.to_string()));
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        *open -= 1;
        self.0.all_ended.notify_all();
    }
}

#[cfg(test)]
mod tests;
