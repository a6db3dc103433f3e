//! Address that the broker listens on, and host name that learners use.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::bail;
use nightlight::BrokerAddress;
use runner::network::way_out;

/// Where brokers speak TLS (IANA: `secure-mqtt`, 8883/tcp).
const MQTTS_PORT: u16 = 8883;

/// Listening address and host name.
#[derive(Debug)]
pub struct Place {
    address: SocketAddr,
    host: String,
}

impl Place {
    /// Loopback, unless somebody asks for more.
    ///
    /// # Errors
    /// When the name is none, or the port is 0: learners need to know it beforehand.
    pub fn choose(
        listen: Option<IpAddr>,
        host: Option<&str>,
        port: Option<u16>,
    ) -> anyhow::Result<Self> {
        let listen = listen.unwrap_or(Ipv4Addr::LOCALHOST.into());
        let port = port.unwrap_or(MQTTS_PORT);
        let host = match host {
            Some(host) => host.to_owned(),
            None if listen.is_unspecified() => way_out().unwrap_or(listen).to_string(),
            None => listen.to_string(),
        };
        let place = Self {
            address: (listen, port).into(),
            host,
        };
        match format!("mqtts://{}", place.host_and_port()).parse::<BrokerAddress>() {
            Ok(_) => Ok(place),
            Err(error) => bail!("learners could not reach the broker: {error}"),
        }
    }

    /// Address to listen on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether other computers can reach it.
    pub fn is_open_to_the_network(&self) -> bool {
        !self.address.ip().is_loopback()
    }

    /// Names for the certificate: those of the host, and loopback.
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![self.host.clone(), "localhost".to_owned()];
        names.extend(
            [Ipv4Addr::LOCALHOST.into(), self.address.ip()].map(|ip: IpAddr| ip.to_string()),
        );
        names.retain(|name| !name.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified()));
        names.sort();
        names.dedup();
        names
    }

    /// `host:port`, as in a URL.
    pub fn host_and_port(&self) -> String {
        let port = self.address.port();
        if self.host.contains(':') {
            format!("[{}]:{port}", self.host)
        } else {
            format!("{}:{port}", self.host)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(listen: Option<&str>, host: Option<&str>) -> anyhow::Result<Place> {
        Place::choose(listen.map(|ip| ip.parse().unwrap()), host, None)
    }

    #[test]
    fn nothing_listens_wider_unless_asked() {
        let quiet = place(None, None).unwrap();
        assert_eq!(quiet.address().to_string(), "127.0.0.1:8883");
        assert!(!quiet.is_open_to_the_network());
        assert!(
            place(Some("0.0.0.0"), Some("room-7"))
                .unwrap()
                .is_open_to_the_network()
        );
    }

    #[test]
    fn the_certificate_is_for_what_learners_write() {
        let room = place(Some("0.0.0.0"), Some("room-7")).unwrap();
        assert_eq!(room.host_and_port(), "room-7:8883");
        assert_eq!(room.names(), ["127.0.0.1", "localhost", "room-7"]);
        let six = place(Some("::1"), None).unwrap();
        assert_eq!(six.host_and_port(), "[::1]:8883");
        assert!(six.names().contains(&"::1".to_owned()));
        assert!(place(None, Some("room 7")).is_err());
        assert!(Place::choose(None, None, Some(0)).is_err());
    }
}
