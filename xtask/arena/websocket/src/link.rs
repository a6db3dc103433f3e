//! The link.

use std::io;
use std::time::Duration;

use arena::endpoint::Endpoint;
use arena::line::{Link, Stream, Tcp, Welcome};
use tokio_tungstenite::accept_hdr_async_with_config;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::bytes_of::BytesOf;

/// How long a client may take for its handshake.
pub(crate) const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// MQTT's name among WebSocket's subprotocols (section 6, MQTT-6.0.0-3).
const SUBPROTOCOL: &str = "mqtt";

/// The longest message of WebSocket, in bytes. One may hold many packets of MQTT, or a part of one.
const LONGEST: usize = 1 << 20;

/// WebSocket with the subprotocol `mqtt`, on whatever path is asked for.
#[derive(Clone, Copy, Debug)]
pub struct WebSocket;

impl Link for WebSocket {
    fn url(&self, entrance: &Endpoint) -> String {
        format!("{}/mqtt", entrance.url_of("ws"))
    }

    fn welcome(&self, program: Tcp) -> Welcome<'_> {
        Box::pin(handshake(program))
    }
}

/// The bytes of a program that asks for `mqtt`.
async fn handshake(program: Tcp) -> io::Result<Box<dyn Stream>> {
    #[expect(
        clippy::result_large_err,
        reason = "the signature is tungstenite's, and it is called once a connection"
    )]
    let agree = |request: &Request, mut response: Response| match agree(
        request.headers(),
        response.headers_mut(),
    ) {
        Ok(()) => Ok(response),
        Err(words) => {
            let mut refusal = ErrorResponse::new(Some(words.to_owned()));
            *refusal.status_mut() = StatusCode::BAD_REQUEST;
            Err(refusal)
        }
    };
    let handshake = accept_hdr_async_with_config(program, agree, Some(limits()));
    match tokio::time::timeout(HANDSHAKE_LIMIT, handshake).await {
        Ok(Ok(socket)) => Ok(Box::new(BytesOf::new(socket)) as Box<dyn Stream>),
        Ok(Err(error)) => Err(io::Error::other(error)),
        Err(_) => Err(io::Error::other("no WebSocket handshake came")),
    }
}

/// How much a client may send at once.
pub(crate) fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(LONGEST))
        .max_frame_size(Some(LONGEST))
}

/// A client has to offer `mqtt`, and is told that it is taken.
pub(crate) fn agree(asked: &HeaderMap, answered: &mut HeaderMap) -> Result<(), &'static str> {
    let offers = asked.get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let offers = offers.iter().filter_map(|offer| offer.to_str().ok());
    let mut offers = offers.flat_map(|offer| offer.split(','));
    if !offers.any(|offer| offer.trim() == SUBPROTOCOL) {
        return Err("the WebSocket subprotocol `mqtt` is expected");
    }
    let taken = HeaderValue::from_static(SUBPROTOCOL);
    answered.insert(header::SEC_WEBSOCKET_PROTOCOL, taken);
    Ok(())
}
