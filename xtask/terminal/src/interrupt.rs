//! Ctrl-C and its relatives.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

/// Somebody's wish that this process ends. None is missed from the moment this exists, so it comes
/// before the first word that says that something serves.
#[derive(Debug)]
pub struct Interrupts {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(windows)]
    interrupt: CtrlC,
    /// What a program that has started this one can press for it.
    #[cfg(windows)]
    by_program: CtrlBreak,
    /// The terminal is closed.
    #[cfg(windows)]
    close: CtrlClose,
}

impl Interrupts {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system does not allow it.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            #[cfg(windows)]
            interrupt: ctrl_c()?,
            #[cfg(windows)]
            by_program: ctrl_break()?,
            #[cfg(windows)]
            close: ctrl_close()?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(windows)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.by_program.recv() => {}
            _ = self.close.recv() => {}
        }
    }
}
