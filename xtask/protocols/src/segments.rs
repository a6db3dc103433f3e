//! How many TCP segments a connection has sent and received.
//!
//! A program sees bytes, not segments: the system cuts and acknowledges as it likes. Linux tells
//! what it did (`TCP_INFO`, tcp(7)), for each connection and without privileges. On other systems
//! nobody is asked, and what was read counts, a piece a segment.

/// Segments of one connection, both ways, as its own end has counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segments {
    pub received: u64,
    pub sent: u64,
}

/// Whether this system tells.
pub const ARE_TOLD: bool = cfg!(target_os = "linux");

#[cfg(target_os = "linux")]
pub use linux::Probe;
#[cfg(not(target_os = "linux"))]
pub use other::Probe;

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::{AsFd, OwnedFd};

    use nix::libc;
    use nix::sys::socket::GetSockOpt;
    use nix::{getsockopt_impl, sockopt_impl};
    use tokio::net::TcpStream;

    use super::Segments;

    /// The part of the kernel's `struct tcp_info` that has been there since Linux 4.6.
    const LENGTH: usize = 160;

    /// Where `tcpi_segs_out` and `tcpi_segs_in` begin in it (linux/tcp.h).
    const SENT: usize = 136;
    const RECEIVED: usize = 140;

    /// Sent before there was a connection that could count it.
    const SYN_ACK: u64 = 1;

    sockopt_impl!(
        /// What the kernel knows of a connection.
        TcpInfo,
        GetOnly,
        libc::IPPROTO_TCP,
        libc::TCP_INFO,
        [u8; LENGTH]
    );

    /// A hold on a connection.
    #[derive(Debug)]
    pub struct Probe(OwnedFd);

    impl Probe {
        /// None where the system has no descriptor left.
        pub fn on(connection: &TcpStream) -> Option<Self> {
            Some(Self(connection.as_fd().try_clone_to_owned().ok()?))
        }

        /// None where the kernel is too old to say.
        pub fn ask(&self) -> Option<Segments> {
            let told = TcpInfo.get(&self.0).ok()?;
            let number = |at: usize| {
                let bytes = told.get(at..at + 4)?.try_into().ok()?;
                Some(u64::from(u32::from_ne_bytes(bytes)))
            };
            Some(Segments {
                received: number(RECEIVED)?,
                sent: number(SENT)? + SYN_ACK,
            })
        }
    }

    #[cfg(test)]
    mod tests {
        use arena::loopback;
        use tokio::net::{TcpListener, TcpStream};

        use super::{Probe, Segments};

        /// RFC 9293, section 3.5: SYN, SYN and ACK, ACK.
        #[tokio::test]
        async fn a_connection_that_is_open_has_taken_three_segments() {
            let listener = TcpListener::bind(loopback::at(0)).await.unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap());
            let (_client, accepted) = tokio::join!(client, listener.accept());
            let probe = Probe::on(&accepted.unwrap().0).unwrap();
            let (received, sent) = (2, 1);
            assert_eq!(probe.ask(), Some(Segments { received, sent }));
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use tokio::net::TcpStream;

    use super::Segments;

    /// A hold on a connection, of no use here.
    #[derive(Debug)]
    pub struct Probe;

    impl Probe {
        pub fn on(_: &TcpStream) -> Option<Self> {
            None
        }

        pub fn ask(&self) -> Option<Segments> {
            None
        }
    }
}
