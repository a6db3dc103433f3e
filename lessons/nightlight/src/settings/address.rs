//! Where broker and board are, written as URLs (RFC 3986).

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use thiserror::Error;

/// The port on which MQTT brokers listen (IANA: `mqtt`, 1883/tcp).
const MQTT_PORT: u16 = 1883;

/// The port on which CounterFit, and the kit's own virtual board, listen.
const BOARD_PORT: u16 = 5000;

/// An MQTT broker, written as `mqtt://host` or `mqtt://host:port`.
///
/// ```
/// use nightlight::BrokerAddress;
///
/// # fn main() -> Result<(), nightlight::AddressError> {
/// let broker: BrokerAddress = "mqtt://test.mosquitto.org".parse()?;
/// assert_eq!(broker.host, "test.mosquitto.org");
/// assert_eq!(broker.port, 1883);
/// assert_eq!(broker.to_string(), "test.mosquitto.org:1883");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BrokerAddress {
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    ///
    /// The brackets stay, as in a URL: `rumqttc` joins host and port by a colon.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl FromStr for BrokerAddress {
    type Err = AddressError;

    fn from_str(url: &str) -> Result<Self, AddressError> {
        let (host, port) = split(url, "mqtt")?;
        let port = port.unwrap_or(MQTT_PORT);
        Ok(Self { host, port })
    }
}

impl fmt::Display for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The board with the light sensor and the LED, written as `http://host:port` or `pi`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BoardAddress {
    /// A virtual board, or a CounterFit, which speaks HTTP. The port is 5000 if not written.
    Virtual {
        /// A name, an IPv4 address, or an IPv6 address in brackets.
        host: String,
        /// The TCP port.
        port: u16,
    },
    /// The Raspberry Pi that the program runs on, with a Grove Base Hat.
    Pi,
}

impl FromStr for BoardAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.eq_ignore_ascii_case("pi") {
            return Ok(Self::Pi);
        }
        let (host, port) = split(text, "http")?;
        let port = port.unwrap_or(BOARD_PORT);
        Ok(Self::Virtual { host, port })
    }
}

impl fmt::Display for BoardAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Virtual { host, port } => write!(f, "http://{host}:{port}"),
            Self::Pi => f.write_str("pi"),
        }
    }
}

/// What is wrong with an address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AddressError {
    /// There is no `scheme://` in front.
    #[error("`{text}` has no `{scheme}://` in front")]
    NoScheme {
        /// The address as it was written.
        text: String,
        /// The scheme that belongs there.
        scheme: &'static str,
    },
    /// Another scheme is in front.
    #[error("`{found}://` is not spoken, only `{scheme}://`")]
    OtherScheme {
        /// The scheme as it was written.
        found: String,
        /// The scheme that belongs there.
        scheme: &'static str,
    },
    /// A user and a password are in front of the host.
    #[error("a user and password in the address are not spoken yet")]
    Credentials,
    /// The host is missing or no host.
    #[error("`{host}` is not the name or IP address of a computer")]
    Host {
        /// The host as it was written.
        host: String,
    },
    /// The port is no port.
    #[error("`{port}` is not a port: a whole number from 1 to 65535")]
    Port {
        /// The port as it was written.
        port: String,
    },
    /// Something follows host and port.
    #[error("`{rest}` after host and port has no meaning here")]
    Rest {
        /// What follows.
        rest: String,
    },
}

/// Splits `scheme://host[:port]`.
fn split(url: &str, scheme: &'static str) -> Result<(String, Option<u16>), AddressError> {
    let Some((found, rest)) = url.split_once("://") else {
        let text = url.to_owned();
        return Err(AddressError::NoScheme { text, scheme });
    };
    if !found.eq_ignore_ascii_case(scheme) {
        let found = found.to_owned();
        return Err(AddressError::OtherScheme { found, scheme });
    }
    if rest.contains('@') {
        return Err(AddressError::Credentials);
    }
    // A lone slash at the end is what a browser's address bar gives.
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, beyond) = rest.split_at(end);
    if !beyond.is_empty() {
        let rest = beyond.to_owned();
        return Err(AddressError::Rest { rest });
    }
    // The colon of the port is the one behind the brackets of an IPv6 address, if there are any.
    let colon = match authority.rfind(']') {
        Some(bracket) => authority[bracket..].find(':').map(|at| bracket + at),
        None => authority.find(':'),
    };
    let (host, port) = match colon {
        Some(at) => (&authority[..at], Some(&authority[at + 1..])),
        None => (authority, None),
    };
    if !is_host(host) {
        let host = host.to_owned();
        return Err(AddressError::Host { host });
    }
    let port = port.map(parse_port).transpose()?;
    Ok((host.to_owned(), port))
}

fn is_host(host: &str) -> bool {
    if let Some(inside) = host.strip_prefix('[') {
        return inside
            .strip_suffix(']')
            .is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    !host.is_empty() && host.chars().all(allowed)
}

fn parse_port(text: &str) -> Result<u16, AddressError> {
    text.parse()
        .ok()
        .filter(|port| *port != 0)
        .ok_or_else(|| AddressError::Port {
            port: text.to_owned(),
        })
}
