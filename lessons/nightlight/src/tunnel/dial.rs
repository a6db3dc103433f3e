//! Connects to the broker by TCP and TLS, and verifies its certificate.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use super::error::{self, TunnelError};
use super::trust;
use crate::BrokerAddress;

/// How long a broker may be silent before it has proved who it is.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// The broker to connect to, and the authorities to trust.
#[derive(Debug)]
pub(super) struct Route {
    /// Host and port for messages.
    place: String,
    /// Host without the brackets of an IPv6 address.
    host: String,
    port: u16,
    name: ServerName<'static>,
    config: Arc<ClientConfig>,
    authorities: Option<PathBuf>,
}

impl Route {
    pub(super) fn new(
        broker: &BrokerAddress,
        authorities: Option<&Path>,
    ) -> Result<Self, TunnelError> {
        let host = broker.host.trim_matches(['[', ']']).to_owned();
        let Ok(name) = ServerName::try_from(host.clone()) else {
            return Err(TunnelError::NoName { host });
        };
        Ok(Self {
            place: broker.to_string(),
            port: broker.port,
            host,
            name,
            config: Arc::new(trust::config(authorities)?),
            authorities: authorities.map(Path::to_owned),
        })
    }

    /// A connection over which the broker has proved its name.
    pub(super) fn dial(&self) -> Result<(TcpStream, ClientConnection), TunnelError> {
        self.try_dial().map_err(|error| self.explain(error))
    }

    /// The error with a sentence for the learner: what happened and what to do.
    pub(super) fn explain(&self, error: io::Error) -> TunnelError {
        TunnelError::Broker {
            place: self.place.clone(),
            problem: error::words(&error, &self.host, self.authorities.as_deref()),
        }
    }

    fn try_dial(&self) -> io::Result<(TcpStream, ClientConnection)> {
        let mut stream = self.connect()?;
        let mut session = ClientConnection::new(Arc::clone(&self.config), self.name.clone())
            .map_err(io::Error::other)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        stream.set_write_timeout(Some(ANSWER_LIMIT))?;
        while session.is_handshaking() {
            session.complete_io(&mut stream)?;
        }
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
