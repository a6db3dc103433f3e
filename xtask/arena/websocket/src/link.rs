//! The link.

use std::io;
use std::time::Duration;

use arena::endpoint::Endpoint;
use arena::line::{Link, Stream, Tcp, Welcome};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::accept_hdr_async_with_config;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::bytes_of::BytesOf;

/// How long a program may take for its handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

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
        Box::pin(handshake(program, |_| Ok(())))
    }
}

/// The bytes of a client that asks for `mqtt` and passes `check`, which otherwise says why not.
pub(crate) async fn handshake<S>(
    program: S,
    check: impl Fn(&Request) -> Result<(), String> + Send + Sync + Unpin,
) -> io::Result<Box<dyn Stream>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let config = WebSocketConfig::default()
        .max_message_size(Some(LONGEST))
        .max_frame_size(Some(LONGEST));
    #[expect(
        clippy::result_large_err,
        reason = "the signature is tungstenite's, and it is called once a connection"
    )]
    let agree = |request: &Request, response: Response| match check(request) {
        Ok(()) => agree(request, response),
        Err(words) => Err(refusal(StatusCode::FORBIDDEN, words)),
    };
    let handshake = accept_hdr_async_with_config(program, agree, Some(config));
    match tokio::time::timeout(HANDSHAKE_LIMIT, handshake).await {
        Ok(Ok(socket)) => Ok(Box::new(BytesOf::new(socket)) as Box<dyn Stream>),
        Ok(Err(error)) => Err(io::Error::other(error)),
        Err(_) => Err(io::Error::other("no WebSocket handshake came")),
    }
}

/// A client has to offer `mqtt`, and is told that it is taken.
#[expect(
    clippy::result_large_err,
    reason = "the signature is tungstenite's, and it is called once a connection"
)]
fn agree(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offers = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let offers = offers.iter().filter_map(|offer| offer.to_str().ok());
    let mut offers = offers.flat_map(|offer| offer.split(','));
    if offers.any(|offer| offer.trim() == SUBPROTOCOL) {
        let taken = HeaderValue::from_static(SUBPROTOCOL);
        response
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_PROTOCOL, taken);
        return Ok(response);
    }
    let words = "the WebSocket subprotocol `mqtt` is expected".to_owned();
    Err(refusal(StatusCode::BAD_REQUEST, words))
}

fn refusal(status: StatusCode, words: String) -> ErrorResponse {
    let mut refusal = ErrorResponse::new(Some(words));
    *refusal.status_mut() = status;
    refusal
}
