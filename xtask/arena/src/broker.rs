//! The brokers a check can run against.

mod embedded;
mod mosquitto;

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpStream;

pub use embedded::Embedded;
pub use mosquitto::Mosquitto;

/// How long a broker may take to accept a connection before it counts as not answering.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Which broker to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BrokerChoice {
    /// The one inside the kit: nothing to install.
    #[default]
    Embedded,
    /// The machine's `mosquitto` program, started on a free port with a configuration of its own.
    Mosquitto,
    /// A broker that already runs somewhere.
    Remote {
        /// Name or address.
        host: String,
        /// TCP port.
        port: u16,
    },
}

impl FromStr for BrokerChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "embedded" => Ok(Self::Embedded),
            "mosquitto" => Ok(Self::Mosquitto),
            url => remote(url).ok_or_else(|| {
                "a broker is `embedded`, `mosquitto`, or a URL like mqtt://127.0.0.1:1883"
                    .to_owned()
            }),
        }
    }
}

fn remote(url: &str) -> Option<BrokerChoice> {
    let place = url.strip_prefix("mqtt://")?.trim_end_matches('/');
    let (host, port) = match place.rsplit_once(':') {
        // A colon inside brackets belongs to an IPv6 address.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (place, 1883),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let odd = |letter: char| letter.is_whitespace() || matches!(letter, '/' | '@');
    if host.is_empty() || host.contains(odd) || port == 0 {
        return None;
    }
    Some(BrokerChoice::Remote {
        host: host.to_owned(),
        port,
    })
}

impl fmt::Display for BrokerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::Mosquitto => f.write_str("mosquitto"),
            Self::Remote { host, port } if host.contains(':') => {
                write!(f, "mqtt://[{host}]:{port}")
            }
            Self::Remote { host, port } => write!(f, "mqtt://{host}:{port}"),
        }
    }
}

/// A broker that answers. Dropped, the ones we started stop.
#[derive(Debug)]
pub enum Broker {
    /// See [`Embedded`].
    Embedded(Embedded),
    /// See [`Mosquitto`].
    Mosquitto(Box<Mosquitto>),
    /// Somebody else's.
    Remote(SocketAddr),
}

impl Broker {
    /// Starts the chosen broker, or makes sure that it answers.
    ///
    /// # Errors
    /// When it cannot be started or does not answer, with what to do about it.
    pub async fn start(choice: &BrokerChoice) -> anyhow::Result<Self> {
        match choice {
            BrokerChoice::Embedded => Ok(Self::Embedded(
                Embedded::start(([127, 0, 0, 1], 0).into()).await?,
            )),
            BrokerChoice::Mosquitto => Ok(Self::Mosquitto(Box::new(Mosquitto::start().await?))),
            BrokerChoice::Remote { host, port } => {
                let address = reach(host, *port).await.with_context(|| {
                    format!(
                        "the broker {choice} does not answer. Is it running? `--broker embedded` \
                         needs no other broker"
                    )
                })?;
                Ok(Self::Remote(address))
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Embedded(broker) => broker.address(),
            Self::Mosquitto(broker) => broker.address(),
            Self::Remote(address) => *address,
        }
    }

    /// Starts it afresh: whatever it kept in memory is gone. Somebody else's broker is left alone.
    ///
    /// # Errors
    /// As [`Broker::start`].
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        *self = match self {
            Self::Embedded(_) => Self::start(&BrokerChoice::Embedded).await?,
            Self::Mosquitto(_) => Self::start(&BrokerChoice::Mosquitto).await?,
            Self::Remote(address) => Self::Remote(*address),
        };
        Ok(())
    }
}

async fn reach(host: &str, port: u16) -> anyhow::Result<SocketAddr> {
    let place = (host.to_owned(), port);
    let addresses = tokio::task::spawn_blocking(move || place.to_socket_addrs()).await??;
    let mut problem = anyhow::anyhow!("the name `{host}` leads nowhere");
    for address in addresses {
        match tokio::time::timeout(ANSWER_LIMIT, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(address),
            Ok(Err(error)) => problem = error.into(),
            Err(_) => {
                problem = anyhow::anyhow!("no answer within {} s", ANSWER_LIMIT.as_secs());
            }
        }
    }
    Err(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let port = |text: &str| match text.parse() {
            Ok(BrokerChoice::Remote { host, port }) => Some((host, port)),
            _ => None,
        };
        assert_eq!(
            port("mqtt://localhost"),
            Some(("localhost".to_owned(), 1883))
        );
        assert_eq!(port("mqtt://[::1]:2000"), Some(("::1".to_owned(), 2000)));
        assert_eq!(port("mqtt://[::1]"), Some(("::1".to_owned(), 1883)));
        for bad in [
            "mqtt://",
            "mqtt://:1",
            "http://a",
            "mqtt://a:b",
            "mqtt://a:0",
            "mqtt://a b",
        ] {
            assert!(bad.parse::<BrokerChoice>().is_err(), "{bad}");
        }
        for text in ["embedded", "mosquitto", "mqtt://h:1", "mqtt://[::1]:1883"] {
            assert_eq!(text.parse::<BrokerChoice>().unwrap().to_string(), text);
        }
    }
}
