//! Takes connections in, patiently where the system has no more room, and only so many at once.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The first rest after a failed accept.
const SHORTEST_REST: Duration = Duration::from_millis(10);

/// Rests double until this one. At the limit of open files an accept fails at once, again and
/// again, until somebody closes one.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// A listening socket with room for so many connections at once.
#[derive(Debug)]
pub(crate) struct Door<L = TcpListener> {
    listener: L,
    room: Arc<Semaphore>,
    rest: Duration,
}

/// Room for one connection, until dropped.
pub(crate) type Place = OwnedSemaphorePermit;

/// What can be listened to.
pub(crate) trait Listens: Send {
    async fn accept(&self) -> io::Result<TcpStream>;
}

impl Listens for TcpListener {
    async fn accept(&self) -> io::Result<TcpStream> {
        Self::accept(self).await.map(|(stream, _)| stream)
    }
}

impl<L: Listens> Door<L> {
    pub(crate) fn new(listener: L, room: usize) -> Self {
        Self {
            listener,
            room: Arc::new(Semaphore::new(room)),
            rest: SHORTEST_REST,
        }
    }

    /// The next connection, and its place. Without one there is no room, and nothing better to do
    /// than to close it.
    pub(crate) async fn next(&mut self) -> (TcpStream, Option<Place>) {
        loop {
            match self.listener.accept().await {
                Ok(stream) => {
                    self.rest = SHORTEST_REST;
                    return (stream, Arc::clone(&self.room).try_acquire_owned().ok());
                }
                Err(_) => {
                    tokio::time::sleep(self.rest).await;
                    self.rest = (self.rest * 2).min(LONGEST_REST);
                }
            }
        }
    }
}

impl Door {
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Instant;

    use super::*;
    use crate::loopback;

    /// At the limit of open files for so many attempts.
    struct Full {
        listener: TcpListener,
        failures: AtomicU32,
    }

    impl Listens for Full {
        async fn accept(&self) -> io::Result<TcpStream> {
            if self.failures.load(Ordering::Relaxed) > 0 {
                self.failures.fetch_sub(1, Ordering::Relaxed);
                return Err(io::Error::other("too many open files"));
            }
            Listens::accept(&self.listener).await
        }
    }

    #[tokio::test]
    async fn a_failed_accept_is_tried_again_after_longer_and_longer_rests() {
        let listener = TcpListener::bind(loopback::at(0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut door = Door::new(
            Full {
                listener,
                failures: AtomicU32::new(4),
            },
            1,
        );
        let begun = Instant::now();
        let (_client, (_, place)) = tokio::join!(TcpStream::connect(address), door.next());
        // 10, 20, 40 and 80 ms.
        assert!(begun.elapsed() >= Duration::from_millis(150));
        assert!(place.is_some());
        assert_eq!(door.rest, SHORTEST_REST, "the next failure begins anew");
    }

    #[tokio::test]
    async fn a_place_is_free_again_when_a_connection_is_over() {
        let listener = TcpListener::bind(loopback::at(0)).await.unwrap();
        let mut door = Door::new(listener, 1);
        let address = door.address().unwrap();
        let _clients = [
            TcpStream::connect(address).await.unwrap(),
            TcpStream::connect(address).await.unwrap(),
            TcpStream::connect(address).await.unwrap(),
        ];
        let (_, first) = door.next().await;
        assert!(first.is_some());
        assert!(door.next().await.1.is_none(), "no room");
        drop(first);
        assert!(door.next().await.1.is_some());
    }
}
