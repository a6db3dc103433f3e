//! The far end: takes readings, hands out commands.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use arena::loopback;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use protocols::Service;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::{Asking, Version};

/// Serves until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    readings: mpsc::UnboundedReceiver<Vec<u8>>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    asking: Asking,
    readings: mpsc::UnboundedSender<Vec<u8>>,
    commands: Mutex<VecDeque<Vec<u8>>>,
    news: Notify,
}

impl Server {
    pub async fn start(
        version: Version,
        tls: Option<Arc<ServerConfig>>,
        asking: Asking,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(loopback::at(0)).await;
        let listener = listener.context("no free port on 127.0.0.1")?;
        let address = listener.local_addr()?;
        let (sender, readings) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            asking,
            readings: sender,
            commands: Mutex::default(),
            news: Notify::new(),
        });
        let acceptor = tls.map(TlsAcceptor::from);
        let serving = tokio::spawn(accept(listener, version, acceptor, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            readings,
            serving,
        })
    }
}

impl Service for Server {
    fn address(&self) -> SocketAddr {
        self.address
    }

    async fn arrived(&mut self) -> anyhow::Result<Vec<u8>> {
        self.readings.recv().await.context("the server is gone")
    }

    async fn command(&mut self, command: &[u8]) -> anyhow::Result<()> {
        self.shared.put(command.to_vec());
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    fn put(&self, command: Vec<u8>) {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        commands.push_back(command);
        drop(commands);
        self.news.notify_one();
    }

    /// The next command. It is forgotten as soon as it is taken: nothing says whether the answer
    /// arrives.
    async fn next(&self) -> Vec<u8> {
        loop {
            let taken = {
                let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
                commands.pop_front()
            };
            if let Some(command) = taken {
                return command;
            }
            self.news.notified().await;
        }
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> anyhow::Result<Answer> {
        if request.method() == Method::POST {
            let reading = request.into_body().collect().await?.to_bytes();
            let _ = self.readings.send(reading.to_vec());
            return nothing();
        }
        match self.asking {
            Asking::InVain => nothing(),
            Asking::Waits => Ok(Response::new(Full::new(self.next().await.into()))),
        }
    }
}

type Answer = Response<Full<Bytes>>;

/// It went well, and there is nothing to say.
fn nothing() -> anyhow::Result<Answer> {
    let answer = Response::builder().status(StatusCode::NO_CONTENT);
    Ok(answer.body(Full::default())?)
}

async fn accept(
    listener: TcpListener,
    version: Version,
    acceptor: Option<TlsAcceptor>,
    shared: Arc<Shared>,
) {
    // Dropped with this future, and every connection with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let _ = stream.set_nodelay(true);
        let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
        // A device that leaves in the middle is no fault of the server's.
        connections.spawn(async move {
            match acceptor {
                None => serve(version, stream, shared).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(version, stream, shared).await;
                    }
                }
            }
        });
    }
}

async fn serve<S>(version: Version, stream: S, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let io = TokioIo::new(stream);
    let service = service_fn(move |request| {
        let answering = Arc::clone(&shared).answer(request);
        async {
            let answer = answering.await.unwrap_or_else(|_| {
                let mut failed = Response::new(Full::default());
                *failed.status_mut() = StatusCode::BAD_REQUEST;
                failed
            });
            Ok::<_, Infallible>(answer)
        }
    });
    let _ = match version {
        Version::One => http1::Builder::new().serve_connection(io, service).await,
        Version::Two => {
            let builder = http2::Builder::new(TokioExecutor::new());
            builder.serve_connection(io, service).await
        }
    };
}
