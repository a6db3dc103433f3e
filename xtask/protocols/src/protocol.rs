//! What a protocol must be able to do to be measured.

use std::future::Future;
use std::net::SocketAddr;

use crate::relay::Layer;

/// A way to talk, with all its settings.
pub trait Protocol {
    /// The far end.
    type Service: Service;
    /// The near one.
    type Device: Device;
    /// The near one, when it is told something.
    type Listener: Listener;

    /// What it stands on.
    fn layer(&self) -> Layer {
        Layer::Tcp
    }

    /// Starts the far end, with nobody else on it.
    ///
    /// # Errors
    /// When it does not start, with what to do about it.
    fn serve(&self) -> impl Future<Output = anyhow::Result<Self::Service>>;

    /// Connects a device to the server at this address, until readings can be sent.
    ///
    /// # Errors
    /// When there is no connection.
    fn connect(&self, server: SocketAddr) -> impl Future<Output = anyhow::Result<Self::Device>>;

    /// Connects a device that listens for commands, until it would hear one.
    ///
    /// # Errors
    /// When there is no connection.
    fn listen(&self, server: SocketAddr) -> impl Future<Output = anyhow::Result<Self::Listener>>;
}

/// The far end: a server, and whoever reads there.
pub trait Service {
    /// Where devices find it.
    fn address(&self) -> SocketAddr;

    /// The next reading that has arrived.
    ///
    /// # Errors
    /// When the far end is gone.
    fn arrived(&mut self) -> impl Future<Output = anyhow::Result<Vec<u8>>>;

    /// Tells the device something.
    ///
    /// # Errors
    /// When the far end is gone.
    fn command(&mut self, command: &[u8]) -> impl Future<Output = anyhow::Result<()>>;
}

/// A connected device.
pub trait Device {
    /// Sends a reading, until the protocol says that it has arrived. Where the protocol says
    /// nothing, until it is sent.
    ///
    /// # Errors
    /// When the connection is lost, or the server refuses.
    fn send(&mut self, reading: &[u8]) -> impl Future<Output = anyhow::Result<()>>;

    /// Says goodbye, as the protocol has it, and closes the connection.
    ///
    /// # Errors
    /// When the connection was lost before.
    fn close(self) -> impl Future<Output = anyhow::Result<()>>;
}

/// A device that hears commands.
pub trait Listener {
    /// The next command, acknowledged where the protocol does so.
    ///
    /// # Errors
    /// When the connection is lost.
    fn command(&mut self) -> impl Future<Output = anyhow::Result<Vec<u8>>>;
}
