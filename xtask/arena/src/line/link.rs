//! What MQTT runs over between a program and the line.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::endpoint::Endpoint;

/// A way for MQTT's bytes. The line ends it, so that what crosses can be read.
pub trait Link: fmt::Debug + Send + Sync {
    /// What a program is told to connect to.
    fn url(&self, entrance: &Endpoint) -> String;

    /// Agrees with a program that has just connected on how to talk, and returns MQTT's bytes in
    /// both directions. An error says why they did not agree.
    fn welcome(&self, program: Tcp) -> Welcome<'_>;
}

/// The outcome of [`Link::welcome`], some time later.
pub type Welcome<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send + 'a>>;

/// MQTT's bytes, both ways.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Plain TCP.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Link for Plain {
    fn url(&self, entrance: &Endpoint) -> String {
        entrance.url()
    }

    fn welcome(&self, program: Tcp) -> Welcome<'_> {
        Box::pin(async { Ok(Box::new(program) as Box<dyn Stream>) })
    }
}

/// A connection on which small packets that answer each other lose no time.
#[derive(Debug)]
pub struct Tcp(TcpStream);

impl Tcp {
    pub(super) fn new(stream: TcpStream) -> Self {
        // Waiting to fill a segment would only delay them. Refused, it only costs time.
        let _ = stream.set_nodelay(true);
        Self(stream)
    }

    /// The first byte that the program sends, which is still there to be read. None, when it hangs up
    /// before.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn first_byte(&self) -> io::Result<Option<u8>> {
        let mut first = [0];
        let length = self.0.peek(&mut first).await?;
        Ok((length > 0).then_some(first[0]))
    }

    /// Acknowledges what was read at once. A program that writes two small packets keeps the
    /// second until the first is acknowledged, and the system puts that off for 40 ms where nobody
    /// answers.
    #[cfg(target_os = "linux")]
    fn acknowledge(&self) {
        // The system forgets it again, hence after each read. Refused, it only costs time.
        let _ = self.0.set_quickack(true);
    }

    #[cfg(not(target_os = "linux"))]
    fn acknowledge(&self) {}
}

impl AsyncRead for Tcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.0).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.acknowledge();
        }
        read
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
