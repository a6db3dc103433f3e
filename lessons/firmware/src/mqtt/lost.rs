//! Why there is no connection.

use core::fmt;

use embassy_net::tcp::{ConnectError, Error};
use mqttrs::ConnectReturnCode;

/// Why there is no connection, or none any more.
#[derive(Debug)]
pub enum Lost {
    /// Nobody is there.
    NotThere(ConnectError),
    /// The broker does not want us.
    Refused(ConnectReturnCode),
    /// The broker says nothing where it should.
    Silent,
    /// The broker has hung up.
    Closed,
    /// The network has.
    Broken(Error),
    /// What came is no MQTT, or what we would send is too long for it.
    Garbled,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere(error) => write!(f, "no connection to the broker: {error:?}"),
            Self::Refused(reason) => write!(f, "the broker refuses this client: {reason:?}"),
            Self::Silent => f.write_str("the broker does not answer"),
            Self::Closed => f.write_str("the broker has closed the connection"),
            Self::Broken(error) => write!(f, "the connection is broken: {error:?}"),
            Self::Garbled => f.write_str("this is no MQTT"),
        }
    }
}
