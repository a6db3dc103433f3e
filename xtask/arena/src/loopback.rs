//! Only this machine: nothing of ours listens wider unless asked.

use std::net::{Ipv4Addr, SocketAddr};

/// A port of 127.0.0.1; 0 takes a free one.
pub fn at(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
