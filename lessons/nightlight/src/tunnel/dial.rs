//! Connects to the broker by TCP, by TLS, which verifies its certificate, and by WebSocket.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
#[cfg(feature = "websocket")]
use tungstenite::http::uri::{InvalidUri, Uri};

use super::error::{self, TunnelError};
use super::session::{Bare, Session};
use super::trust;
#[cfg(feature = "websocket")]
use super::websocket;
use crate::BrokerAddress;
use crate::settings::Way;

/// How long a broker may be silent before it has proved who it is.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// The broker to connect to, and the authorities to trust.
#[derive(Debug)]
pub(super) struct Route {
    /// Host and port, or over WebSocket the URL without its query, for messages.
    place: String,
    /// Host without the brackets of an IPv6 address.
    host: String,
    port: u16,
    tls: Option<Tls>,
    authorities: Option<PathBuf>,
    #[cfg(feature = "websocket")]
    websocket: Option<Uri>,
}

/// What a session of TLS begins with.
#[derive(Debug)]
struct Tls {
    name: ServerName<'static>,
    config: Arc<ClientConfig>,
}

impl Route {
    pub(super) fn new(
        broker: &BrokerAddress,
        authorities: Option<&Path>,
    ) -> Result<Self, TunnelError> {
        let host = broker.host.trim_matches(['[', ']']).to_owned();
        let place = match broker.way() {
            Way::Tcp | Way::Tls => broker.to_string(),
            // Its query may be a password.
            Way::WebSocket { path, .. } => {
                let path = path.split('?').next().unwrap_or_default();
                format!("{}://{broker}{path}", broker.scheme())
            }
        };
        let tls = match broker.way() {
            Way::WebSocket { secure: false, .. } => None,
            _ => {
                let Ok(name) = ServerName::try_from(host.clone()) else {
                    return Err(TunnelError::NoName { host });
                };
                let config = Arc::new(trust::config(authorities)?);
                Some(Tls { name, config })
            }
        };
        #[cfg(feature = "websocket")]
        let websocket = match broker.way() {
            Way::WebSocket { path, .. } => {
                let url = format!("{}://{broker}{path}", broker.scheme());
                Some(
                    url.parse()
                        .map_err(|error: InvalidUri| TunnelError::WebSocket {
                            url: place.clone(),
                            problem: format!("it is no URL: {error}."),
                        })?,
                )
            }
            Way::Tcp | Way::Tls => None,
        };
        #[cfg(not(feature = "websocket"))]
        if broker.is_websocket() {
            return Err(TunnelError::NoWebSocket);
        }
        Ok(Self {
            #[cfg(feature = "websocket")]
            websocket,
            place,
            port: broker.port,
            host,
            tls,
            authorities: authorities.map(Path::to_owned),
        })
    }

    /// A connection over which the broker has proved its name, if it is to be encrypted.
    pub(super) fn dial(&self) -> Result<(TcpStream, Box<dyn Session>), TunnelError> {
        self.try_dial().map_err(|error| self.explain(error))
    }

    /// The error with a sentence for the learner: what happened and what to do.
    pub(super) fn explain(&self, error: io::Error) -> TunnelError {
        let authorities = self.authorities.as_deref();
        #[cfg(feature = "websocket")]
        if self.websocket.is_some() {
            return TunnelError::WebSocket {
                url: self.place.clone(),
                problem: error::over_websocket(&error, &self.host, authorities),
            };
        }
        TunnelError::Broker {
            place: self.place.clone(),
            problem: error::words(&error, &self.host, authorities),
        }
    }

    fn try_dial(&self) -> io::Result<(TcpStream, Box<dyn Session>)> {
        let mut stream = self.connect()?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        stream.set_write_timeout(Some(ANSWER_LIMIT))?;
        let session: Box<dyn Session> = match &self.tls {
            Some(Tls { name, config }) => {
                let mut tls = ClientConnection::new(Arc::clone(config), name.clone())
                    .map_err(io::Error::other)?;
                while tls.is_handshaking() {
                    tls.complete_io(&mut stream)?;
                }
                Box::new(tls)
            }
            None => Box::new(Bare),
        };
        #[cfg(feature = "websocket")]
        let session = match &self.websocket {
            Some(url) => websocket::shake_hands(url.clone(), &mut stream, session)?,
            None => session,
        };
        // From now on silence is normal: keep-alive is the business of MQTT.
        stream.set_read_timeout(None)?;
        stream.set_write_timeout(None)?;
        Ok((stream, session))
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let addresses: Vec<SocketAddr> = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map_err(|error| io::Error::new(io::ErrorKind::AddrNotAvailable, error))?
            .collect();
        let mut problem = io::ErrorKind::AddrNotAvailable.into();
        for address in addresses {
            match TcpStream::connect_timeout(&address, ANSWER_LIMIT) {
                Ok(stream) => return Ok(stream),
                Err(error) => problem = error,
            }
        }
        Err(problem)
    }
}
