//! Where connections come in to the board that people see, and how long one may take to ask.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// How long a request may take to arrive, from the connection or from its first byte on. Who has
/// been answered may stay as long as they like.
pub(crate) const LIMIT: Duration = Duration::from_secs(15);

/// At the limit of open files an accept fails at once, again and again, until somebody closes one.
const REST: Duration = Duration::from_secs(1);

/// A listening socket whose connections end when no request comes to its end on them.
pub(crate) struct Entrance {
    listener: TcpListener,
    limit: Duration,
}

impl Entrance {
    pub(crate) fn new(listener: TcpListener, limit: Duration) -> Self {
        Self { listener, limit }
    }
}

impl Listener for Entrance {
    type Io = Guest;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guest, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => return (Guest::new(stream, self.limit), address),
                Err(_) => sleep(REST).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One connection.
pub(crate) struct Guest {
    stream: TcpStream,
    limit: Duration,
    /// When the request that is awaited has to be there.
    deadline: Pin<Box<Sleep>>,
    is_awaited: bool,
}

impl Guest {
    fn new(stream: TcpStream, limit: Duration) -> Self {
        Self {
            stream,
            limit,
            deadline: Box::pin(sleep(limit)),
            is_awaited: true,
        }
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() && buffer.filled().len() > before && !self.is_awaited {
            self.is_awaited = true;
            self.deadline = Box::pin(sleep_until(Instant::now() + self.limit));
        }
        if read.is_pending() && self.is_awaited && self.deadline.as_mut().poll(context).is_ready() {
            // As if they had hung up: there is nothing to answer.
            return Poll::Ready(Ok(()));
        }
        read
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.is_awaited = false;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.is_awaited = false;
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::waits;

    const SHORT: Duration = Duration::from_millis(50);

    async fn connected() -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new()
            .route("/", get(|| async { "here" }))
            .merge(waits::routes(|_| ()));
        tokio::spawn(async move { axum::serve(Entrance::new(listener, SHORT), app).await });
        TcpStream::connect(address).await.unwrap()
    }

    #[tokio::test]
    async fn who_never_finishes_a_request_is_not_waited_for() {
        for beginning in ["", "GET / HTTP/1.1\r\nHost: a\r\n"] {
            let mut guest = connected().await;
            guest.write_all(beginning.as_bytes()).await.unwrap();
            let mut heard = Vec::new();
            let read = tokio::time::timeout(LIMIT, guest.read_to_end(&mut heard)).await;
            assert!(read.unwrap().is_ok(), "{beginning:?}");
            let heard = String::from_utf8_lossy(&heard).into_owned();
            assert!(!heard.contains("here"), "{heard}");
        }
    }

    #[tokio::test]
    async fn who_waits_by_the_board_may_do_so_for_longer_than_one_may_take_to_ask() {
        let mut guest = connected().await;
        let body = format!("{{\"ns\":{}}}", (4 * SHORT).as_nanos());
        let head = "POST /nightlight/wait HTTP/1.1\r\nHost: a\r\nConnection: close";
        let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        guest.write_all(request.as_bytes()).await.unwrap();
        let mut heard = String::new();
        guest.read_to_string(&mut heard).await.unwrap();
        // In one piece, and the piece that ends the body.
        assert!(heard.ends_with("OK\r\n0\r\n\r\n"), "{heard}");
    }

    #[tokio::test]
    async fn who_was_answered_may_stay() {
        let mut guest = connected().await;
        for _ in 0..2 {
            let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
            guest.write_all(request).await.unwrap();
            let mut heard = String::new();
            while !heard.ends_with("here") {
                heard.push(char::from(guest.read_u8().await.unwrap()));
            }
            tokio::time::sleep(4 * SHORT).await;
        }
    }
}
