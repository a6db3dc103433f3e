//! TLS that the arena ends itself, so that the packets in it can be seen.
//!
//! An [`Authority`] issues certificates, good ones and ones with a [`Flaw`]. A [`Tls`] link shows
//! one of them and hands on what comes over it; another one can take its place while the line
//! runs.

mod authority;
mod der;
mod link;
mod x509;

pub use authority::{Authority, Certificate, Flaw};
pub use link::{IN_THE_CLEAR, Tls};
