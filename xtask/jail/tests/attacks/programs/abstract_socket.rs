use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
pub fn attack(target: &str) -> bool {
    UnixStream::connect_addr(&SocketAddr::from_abstract_name(target).unwrap()).is_ok()
}
