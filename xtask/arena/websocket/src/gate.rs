//! A way in to a broker over WebSocket, beside its own: what comes in is handed on by TCP. The same
//! port serves a page that comes in so, for people to be a client with.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arena::line::Stream;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::bytes_of::BytesOf;
use crate::guests::Guests;
use crate::{link, page};

/// The most connections at once; whoever comes then is turned away.
const MOST: usize = 1_000;

/// How long it rests when the system has no more room for a connection.
const REST: Duration = Duration::from_millis(200);

/// An answer to a browser.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Open until it is dropped.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Gate {
    /// Opens a way to the broker at `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken, or may not be opened.
    pub async fn open(address: SocketAddr, broker: SocketAddr, guests: Guests) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            address: listener.local_addr()?,
            serving: tokio::spawn(serve(listener, broker, Arc::new(guests))),
        })
    }

    /// Where clients find it; the path is theirs to choose.
    pub fn url(&self) -> String {
        format!("ws://{}/mqtt", self.address)
    }

    /// Where the page is, too.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, broker: SocketAddr, guests: Arc<Guests>) {
    let room = Arc::new(Semaphore::new(MOST));
    // Dropped with this future, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            tokio::time::sleep(REST).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        if let Ok(place) = Arc::clone(&room).try_acquire_owned() {
            let guests = Arc::clone(&guests);
            connections.spawn(async move {
                let _place = place;
                if let Some(client) = welcome(client, guests).await {
                    // Whoever leaves in the middle has told the broker, or will be missed by it.
                    let _ = carry(client, broker).await;
                }
            });
        }
    }
}

/// Answers what a browser asks, until one asks for WebSocket and gets it.
async fn welcome(client: TcpStream, guests: Arc<Guests>) -> Option<Upgraded> {
    client.set_nodelay(true).ok()?;
    let entered = Arc::<Mutex<Option<OnUpgrade>>>::default();
    let answers = service_fn({
        let entered = Arc::clone(&entered);
        move |mut request| {
            let answer = answer(&request, &guests);
            if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
                let mut entered = entered.lock().unwrap_or_else(PoisonError::into_inner);
                *entered = Some(hyper::upgrade::on(&mut request));
            }
            async move { Ok::<_, Infallible>(answer) }
        }
    });
    let mut connection = http1::Builder::new();
    connection
        .timer(TokioTimer::new())
        .header_read_timeout(link::HANDSHAKE_LIMIT);
    let served = connection.serve_connection(TokioIo::new(client), answers);
    served.with_upgrades().await.ok()?;
    let upgrade = entered
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    upgrade?.await.ok()
}

fn answer(request: &Request<Incoming>, guests: &Guests) -> Answer {
    let headers = request.headers();
    if let Err(words) = guests.check(headers) {
        return refusal(StatusCode::FORBIDDEN, words);
    }
    if !headers.contains_key(header::UPGRADE) {
        return page::answer(request.method(), request.uri().path());
    }
    match create_response_with_body(request, Full::default) {
        Ok(mut agreed) => match link::agree(headers, agreed.headers_mut()) {
            Ok(()) => agreed,
            Err(words) => refusal(StatusCode::BAD_REQUEST, words.to_owned()),
        },
        Err(error) => refusal(StatusCode::BAD_REQUEST, error.to_string()),
    }
}

pub(crate) fn refusal(status: StatusCode, words: String) -> Answer {
    let mut refusal = Response::new(Full::from(words));
    *refusal.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    refusal.headers_mut().insert(header::CONTENT_TYPE, kind);
    refusal
}

async fn carry(client: Upgraded, broker: SocketAddr) -> io::Result<()> {
    let client = TokioIo::new(client);
    let client = WebSocketStream::from_raw_socket(client, Role::Server, Some(link::limits())).await;
    let mut client: Box<dyn Stream> = Box::new(BytesOf::new(client));
    let mut broker = TcpStream::connect(broker).await?;
    broker.set_nodelay(true)?;
    tokio::io::copy_bidirectional(&mut client, &mut broker).await?;
    Ok(())
}
