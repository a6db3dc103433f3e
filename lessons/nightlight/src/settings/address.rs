//! Addresses of broker and board.

use std::fmt;
use std::str::FromStr;

use super::login::Login;
use super::url::{AddressError, split};

/// The port on which MQTT brokers listen (IANA: `mqtt`, 1883/tcp).
const MQTT_PORT: u16 = 1883;

/// The port on which they speak TLS (IANA: `secure-mqtt`, 8883/tcp).
const MQTTS_PORT: u16 = 8883;

/// The ports of the web (RFC 6455, section 3), for WebSocket and for WebSocket over TLS.
const WS_PORT: u16 = 80;
const WSS_PORT: u16 = 443;

/// The port on which CounterFit, and the kit's own virtual board, listen.
const BOARD_PORT: u16 = 5000;

const LOOPBACK: &str = "127.0.0.1";

/// An MQTT broker, written as `mqtt://host:port` or, encrypted, `mqtts://host:port`, in both with
/// `user:password@` before the host if the broker asks for them. Over WebSocket it is
/// `ws://host:port/path` or, encrypted, `wss://host:port/path`.
///
/// A port that is not written is 1883, and encrypted 8883; over WebSocket it is 80, and encrypted
/// 443. It is displayed as `host:port`.
///
/// ```
/// use nightlight::BrokerAddress;
///
/// # fn main() -> Result<(), nightlight::AddressError> {
/// let broker: BrokerAddress = "mqtt://ada:enchantress@test.mosquitto.org".parse()?;
/// assert_eq!(broker.host, "test.mosquitto.org");
/// assert_eq!(broker.port, 1883);
/// assert_eq!(broker.login(), Some(("ada", "enchantress")));
/// assert_eq!(broker.to_string(), "test.mosquitto.org:1883");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BrokerAddress {
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    ///
    /// The brackets stay, as in a URL, because `rumqttc` joins host and port by a colon.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    way: Way,
    login: Option<Login>,
}

/// What carries MQTT.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    Tcp,
    Tls,
    WebSocket {
        /// Whether it goes over TLS.
        secure: bool,
        /// With the slash that it begins with, and with its query.
        path: String,
    },
}

impl BrokerAddress {
    /// User and password, if the broker asks for them.
    pub fn login(&self) -> Option<(&str, &str)> {
        let login = self.login.as_ref()?;
        Some((login.user(), login.password()))
    }

    /// [`login`](Self::login) in one piece, which shows its password to nobody.
    pub fn login_kept(&self) -> Option<&Login> {
        self.login.as_ref()
    }

    /// Whether the broker speaks MQTT over TLS there (`mqtts://`), so that it takes more than a TCP
    /// connection to reach.
    pub fn is_encrypted(&self) -> bool {
        self.way == Way::Tls
    }

    /// Whether it speaks MQTT over WebSocket there (`ws://`, `wss://`), which takes more as well.
    pub fn is_websocket(&self) -> bool {
        matches!(self.way, Way::WebSocket { .. })
    }

    /// What the address begins with, before `://`.
    pub fn scheme(&self) -> &'static str {
        match self.way {
            Way::Tcp => "mqtt",
            Way::Tls => "mqtts",
            Way::WebSocket { secure: false, .. } => "ws",
            Way::WebSocket { secure: true, .. } => "wss",
        }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn way(&self) -> &Way {
        &self.way
    }

    /// The same broker, reached by plain TCP at another place of this computer.
    #[cfg(feature = "tls")]
    pub(crate) fn by_way_of(&self, tunnel: std::net::SocketAddr) -> Self {
        Self {
            host: tunnel.ip().to_string(),
            port: tunnel.port(),
            way: Way::Tcp,
            login: self.login.clone(),
        }
    }
}

/// A broker on this computer, at MQTT's own port.
impl Default for BrokerAddress {
    fn default() -> Self {
        Self {
            host: LOOPBACK.to_owned(),
            port: MQTT_PORT,
            way: Way::Tcp,
            login: None,
        }
    }
}

impl FromStr for BrokerAddress {
    type Err = AddressError;

    fn from_str(url: &str) -> Result<Self, AddressError> {
        let parts = split(url, &["mqtt", "mqtts", "ws", "wss"])?;
        let websocket = |secure| {
            let path = parts.path()?;
            Ok(Way::WebSocket { secure, path })
        };
        let (way, usual) = match parts.scheme {
            "mqtts" => (Way::Tls, MQTTS_PORT),
            "ws" => (websocket(false)?, WS_PORT),
            "wss" => (websocket(true)?, WSS_PORT),
            _ => (Way::Tcp, MQTT_PORT),
        };
        let parts = match way {
            Way::WebSocket { .. } => parts,
            Way::Tcp | Way::Tls => parts.ending()?,
        };
        Ok(Self {
            host: parts.host,
            port: parts.port.unwrap_or(usual),
            way,
            login: parts.login,
        })
    }
}

impl fmt::Display for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_host_and_port(f, &self.host, self.port)
    }
}

/// The board with the light sensor and the LED, written as `http://host`, `http://host:port` or
/// `pi`.
///
/// ```
/// use nightlight::BoardAddress;
///
/// # fn main() -> Result<(), nightlight::AddressError> {
/// let board: BoardAddress = "http://192.168.1.20".parse()?;
/// assert_eq!(board.to_string(), "http://192.168.1.20:5000");
/// assert_eq!("pi".parse(), Ok(BoardAddress::Pi));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BoardAddress {
    /// A virtual board or a CounterFit, which speak HTTP. The port is 5000 if it is not written.
    Virtual {
        /// A name, an IPv4 address, or an IPv6 address in brackets.
        host: String,
        /// The TCP port.
        port: u16,
    },
    /// The Raspberry Pi that the program runs on, with a Grove Base Hat.
    Pi,
}

/// A virtual board on this computer.
impl Default for BoardAddress {
    fn default() -> Self {
        let host = LOOPBACK.to_owned();
        let port = BOARD_PORT;
        Self::Virtual { host, port }
    }
}

impl FromStr for BoardAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.eq_ignore_ascii_case("pi") {
            return Ok(Self::Pi);
        }
        let parts = split(text, &["http"])?.ending()?;
        if parts.login.is_some() {
            return Err(AddressError::NeedlessLogin);
        }
        Ok(Self::Virtual {
            host: parts.host,
            port: parts.port.unwrap_or(BOARD_PORT),
        })
    }
}

impl fmt::Display for BoardAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Virtual { host, port } => {
                f.write_str("http://")?;
                write_host_and_port(f, host, *port)
            }
            Self::Pi => f.write_str("pi"),
        }
    }
}

fn write_host_and_port(f: &mut fmt::Formatter<'_>, host: &str, port: u16) -> fmt::Result {
    // The fields are public: somebody may have filled in an IPv6 address without its brackets.
    if host.contains(':') && !host.starts_with('[') {
        write!(f, "[{host}]:{port}")
    } else {
        write!(f, "{host}:{port}")
    }
}

#[cfg(test)]
mod tests;
