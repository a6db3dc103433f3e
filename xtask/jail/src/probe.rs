//! x
use std::ffi::OsString;
pub(crate) fn attack(_:&[OsString]) -> i32 {0}
pub struct Finding; pub struct Probe; pub fn probe(_: &crate::Wrapper) -> std::io::Result<Probe> { Ok(Probe) }
