//! Where a served broker listens, and what it asks of who comes: on this computer nothing, in a
//! network a password.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use arena::broker::{Access, MQTT_PORT};

use crate::cli::Broker;
use crate::network;

/// The one user there is.
const USER: &str = "nightlight";

/// Where the password is kept for the next start, below the kit's folder.
const FILE: &str = "target/broker/password";

/// Address and password of a broker.
pub struct Door {
    listen: IpAddr,
    port: u16,
    password: Option<String>,
}

impl Door {
    /// As the command line says. Who lets others in without a password has to say that.
    ///
    /// # Errors
    /// When there is no password to be had.
    pub fn choose(root: &Path, arguments: &Broker) -> anyhow::Result<Self> {
        let listen = (arguments.room.listen).unwrap_or(Ipv4Addr::LOCALHOST.into());
        let is_open = listen.is_loopback() || arguments.anonymous;
        let password = (!is_open).then(|| network::keep_password(&root.join(FILE)));
        Ok(Self {
            listen,
            port: arguments.port.unwrap_or(MQTT_PORT),
            password: password.transpose()?,
        })
    }

    /// Where to listen.
    pub fn address(&self) -> SocketAddr {
        (self.listen, self.port).into()
    }

    /// Who is let in.
    pub fn access(&self) -> Access {
        let access = Access::default();
        match &self.password {
            Some(password) => access.user(USER, password).unauthorized(),
            None => access,
        }
    }

    /// What other computers need to know of a broker that listens on this port; nothing, if they
    /// cannot reach it.
    pub fn for_others(&self, port: u16) -> String {
        if self.listen.is_loopback() {
            return String::new();
        }
        let host = match self.listen.is_unspecified() {
            true => network::way_out().unwrap_or(self.listen),
            false => self.listen,
        };
        let host = SocketAddr::from((host, port));
        match &self.password {
            Some(password) => format!(
                "Programs in your network, and here, set \
                 NIGHTLIGHT_BROKER=mqtt://{USER}:{password}@{host}.\n\
                 The password is the same at the next start: {FILE} has it. It crosses the network \
                 in the clear.\n"
            ),
            None => format!(
                "Programs in your network set NIGHTLIGHT_BROKER=mqtt://{host}. Everybody there can \
                 use it, without a password.\n"
            ),
        }
    }
}

/// Where a program of this computer reaches what listens there.
pub fn from_here(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => {
            (std::net::Ipv6Addr::LOCALHOST, address.port()).into()
        }
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    /// The door of a broker that is asked for with these words, and the password that is kept.
    fn door(words: &str) -> (Door, Option<String>) {
        let words = ["xtask", "broker"].into_iter().chain(words.split(' '));
        let Some(Command::Broker(arguments)) = Cli::parse_from(words).command else {
            panic!("that is no broker");
        };
        let root = tempfile::tempdir().unwrap();
        let door = Door::choose(root.path(), &arguments).unwrap();
        let kept = std::fs::read_to_string(root.path().join(FILE)).ok();
        (door, kept.map(|kept| kept.trim().to_owned()))
    }

    #[test]
    fn a_network_is_asked_for_a_password() {
        for listen in ["0.0.0.0", "192.168.1.20", "::"] {
            let (door, kept) = door(&format!("--listen {listen} --port 1884"));
            let password = kept.unwrap();
            let access = Access::default().user(USER, &password).unauthorized();
            assert_eq!(door.access(), access);
            let words = door.for_others(1884);
            assert!(
                words.contains(&format!("mqtt://{USER}:{password}@")),
                "{words}"
            );
            assert!(words.contains(":1884."), "{words}");
        }
    }

    #[test]
    fn nobody_is_asked_here_nor_where_somebody_wants_it_so() {
        for words in ["--port 0", "--listen 127.0.0.1", "--listen ::1"] {
            let (door, kept) = door(words);
            assert_eq!(door.access(), Access::default());
            assert_eq!((kept, door.for_others(1883)), (None, String::new()));
        }
        let (door, kept) = door("--listen 192.168.1.20 --anonymous");
        assert_eq!((kept, door.access()), (None, Access::default()));
        let words = door.for_others(1883);
        assert!(words.contains("mqtt://192.168.1.20:1883"), "{words}");
        assert!(words.contains("without a password"), "{words}");
    }

    #[test]
    fn anonymous_alone_says_nothing() {
        assert!(Cli::try_parse_from(["xtask", "broker", "--anonymous"]).is_err());
    }
}
