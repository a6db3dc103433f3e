//! Where broker and board are.

use std::fmt;
use std::str::FromStr;

use super::url::{AddressError, split};

/// The port on which MQTT brokers listen (IANA: `mqtt`, 1883/tcp).
const MQTT_PORT: u16 = 1883;

/// The port on which CounterFit, and the kit's own virtual board, listen.
const BOARD_PORT: u16 = 5000;

const LOOPBACK: &str = "127.0.0.1";

/// An MQTT broker, written as `mqtt://host` or `mqtt://host:port`.
///
/// The port is 1883 if it is not written. It is displayed as `host:port`.
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
    /// The brackets stay, as in a URL, because `rumqttc` joins host and port by a colon.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

/// A broker on this computer, at MQTT's own port.
impl Default for BrokerAddress {
    fn default() -> Self {
        let host = LOOPBACK.to_owned();
        let port = MQTT_PORT;
        Self { host, port }
    }
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
        let (host, port) = split(text, "http")?;
        let port = port.unwrap_or(BOARD_PORT);
        Ok(Self::Virtual { host, port })
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
