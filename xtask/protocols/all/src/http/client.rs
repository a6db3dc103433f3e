//! One connection of a device's.

use anyhow::{Context, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;

use super::{Headers, Version};

/// As short as hosts get.
const HOST: &str = "b.example";

/// Open until it is ended or dropped.
#[derive(Debug)]
pub struct Connection {
    sender: Sender,
    headers: Headers,
    going: JoinHandle<hyper::Result<()>>,
}

#[derive(Debug)]
enum Sender {
    One(http1::SendRequest<Full<Bytes>>),
    Two(http2::SendRequest<Full<Bytes>>),
}

impl Connection {
    /// Agrees on HTTP over a stream that is open.
    pub async fn open<S>(version: Version, headers: Headers, stream: S) -> anyhow::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let io = TokioIo::new(stream);
        let (sender, going) = match version {
            Version::One => {
                let (sender, connection) = http1::handshake(io).await?;
                (Sender::One(sender), tokio::spawn(connection))
            }
            Version::Two => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
                (Sender::Two(sender), tokio::spawn(connection))
            }
        };
        Ok(Self {
            sender,
            headers,
            going,
        })
    }

    /// Sends a reading, and waits for the answer.
    pub async fn post(&mut self, path: &str, body: &[u8]) -> anyhow::Result<()> {
        self.ask(Method::POST, path, body).await?;
        Ok(())
    }

    /// What is there; nothing if there is nothing.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<Vec<u8>> {
        self.ask(Method::GET, path, b"").await
    }

    /// Closes it, and waits until that is done.
    pub async fn end(self) -> anyhow::Result<()> {
        drop(self.sender);
        self.going.await?.context("the connection did not end well")
    }

    async fn ask(&mut self, method: Method, path: &str, body: &[u8]) -> anyhow::Result<Vec<u8>> {
        let request = self.request(method, path, body)?;
        let answer = match &mut self.sender {
            Sender::One(sender) => sender.send_request(request).await,
            Sender::Two(sender) => sender.send_request(request).await,
        }?;
        let status = answer.status();
        ensure!(status.is_success(), "the server answers {status}");
        Ok(answer.into_body().collect().await?.to_bytes().to_vec())
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: &[u8],
    ) -> anyhow::Result<Request<Full<Bytes>>> {
        // HTTP/2 names the host in a field of its own.
        let mut request = match self.sender {
            Sender::One(_) => Request::builder().uri(path).header(header::HOST, HOST),
            Sender::Two(_) => Request::builder().uri(format!("http://{HOST}{path}")),
        };
        if self.headers == Headers::Usual {
            request = request
                .header(header::USER_AGENT, "python-requests/2.32.3")
                .header(header::ACCEPT_ENCODING, "gzip, deflate")
                .header(header::ACCEPT, "*/*")
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::AUTHORIZATION, token());
            if matches!(self.sender, Sender::One(_)) {
                // Not allowed in HTTP/2 (RFC 9113, section 8.2.2).
                request = request.header(header::CONNECTION, "keep-alive");
            }
        }
        let body = Full::new(Bytes::copy_from_slice(body));
        Ok(request.method(method).body(body)?)
    }
}

/// Of 32 letters. Marked as HTTP/2 asks for secrets, it is not kept in the table of headers.
fn token() -> HeaderValue {
    HeaderValue::from_static("Bearer 0123456789abcdef0123456789abcdef")
}
