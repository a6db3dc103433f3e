//! Where a broker is.

use std::net::SocketAddr;

use nightlight::Login;
use rumqttc::MqttOptions;

/// Where a client connects by plain TCP, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The place.
    pub address: SocketAddr,
    /// User and password, if the broker asks for them.
    pub login: Option<Login>,
}

/// Without a login.
impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        let login = None;
        Self { address, login }
    }
}

impl Endpoint {
    /// As a setting of a program: with the password.
    pub fn url(&self) -> String {
        self.url_of("mqtt")
    }

    /// The same, over another link than plain TCP.
    pub fn url_of(&self, scheme: &str) -> String {
        let login = self.login.as_ref();
        let login = login.map_or_else(String::new, |login| format!("{}@", login.to_userinfo()));
        format!("{scheme}://{login}{}", self.address)
    }

    /// For a client of our own.
    pub fn options(&self, name: &str) -> MqttOptions {
        let host = match self.address {
            SocketAddr::V4(address) => address.ip().to_string(),
            // rumqttc joins host and port by a colon.
            SocketAddr::V6(address) => format!("[{}]", address.ip()),
        };
        let mut options = MqttOptions::new(name, host, self.address.port());
        if let Some(login) = &self.login {
            options.set_credentials(login.user(), login.password());
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use nightlight::BrokerAddress;

    use super::*;
    use crate::loopback;

    #[test]
    fn a_program_is_given_the_login_in_its_setting() {
        let broker: BrokerAddress = "mqtt://ada:p%40ss@h".parse().unwrap();
        let endpoint = Endpoint {
            address: loopback::at(7),
            login: broker.login_kept().cloned(),
        };
        let setting: BrokerAddress = endpoint.url().parse().unwrap();
        assert_eq!(setting.login(), Some(("ada", "p@ss")));
        assert_eq!(setting.to_string(), "127.0.0.1:7");
    }
}
