//! The jail on Linux.
//!
//! Three processes: the warden stays outside and watches; init is the first process of the
//! namespaces and ends with them; the inmate takes every restriction on itself and becomes the program. Where
//! namespaces are forbidden there is no init, and the warden is the inmate's parent.

mod access;
mod identity;
mod init;
mod inmate;
mod launch;
mod limits;
mod messages;
mod network;
mod root;
mod sockets;
mod syscalls;
mod usage;
mod warden;

use std::ffi::OsString;

use crate::spec::Spec;

pub(crate) use warden::enter;

/// Everything both sides of the fork need to know.
struct Sentence<'a> {
    spec: &'a Spec,
    command: &'a [OsString],
    /// The user the program runs as, when the wrapper is root.
    identity: Option<identity::Identity>,
}
