//! Which broker: as it is written on a command line.

use std::fmt;
use std::str::FromStr;

use nightlight::{AddressError, BrokerAddress};

/// Why the runner goes to no broker over WebSocket: it would have to be built with it.
pub(super) const NO_WEBSOCKET: &str =
    "the kit itself does not go to a broker over WebSocket, only your programs do";

/// Which broker to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BrokerChoice {
    /// The one inside the kit: nothing to install.
    #[default]
    Embedded,
    /// The machine's `mosquitto` program, started on a free port with a configuration of its own.
    Mosquitto,
    /// A broker that already runs somewhere, and perhaps asks for a login, or for encryption.
    Remote(BrokerAddress),
    /// The same in several nodes, at least two.
    Nodes(Vec<BrokerAddress>),
}

impl FromStr for BrokerChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "embedded" => Ok(Self::Embedded),
            "mosquitto" => Ok(Self::Mosquitto),
            urls => nodes(urls).map_err(|error| {
                format!(
                    "{error}. A broker is `embedded`, `mosquitto`, or a URL like \
                     mqtt://127.0.0.1:1883 or mqtts://user:password@host, or several with commas \
                     for the nodes of one"
                )
            }),
        }
    }
}

impl BrokerChoice {
    /// Whether it is somebody else's, and runs already.
    pub fn is_foreign(&self) -> bool {
        matches!(self, Self::Remote(_) | Self::Nodes(_))
    }
}

/// One URL, or several. A login may have commas, and no scheme after one.
fn nodes(urls: &str) -> Result<BrokerChoice, String> {
    let (urls, second) = (urls.replace(",mqtt", "\nmqtt"), urls.contains(",mqtt"));
    if !second {
        return Ok(BrokerChoice::Remote(node(&urls)?));
    }
    let nodes = urls.lines().map(node).collect::<Result<_, _>>();
    Ok(BrokerChoice::Nodes(nodes?))
}

fn node(url: &str) -> Result<BrokerAddress, String> {
    let broker: BrokerAddress = url
        .parse()
        .map_err(|error: AddressError| error.to_string())?;
    match broker.is_websocket() {
        true => Err(NO_WEBSOCKET.to_owned()),
        false => Ok(broker),
    }
}

/// As it was written, but for the login.
impl fmt::Display for BrokerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::Mosquitto => f.write_str("mosquitto"),
            Self::Remote(broker) => write!(f, "{}://{broker}", broker.scheme()),
            Self::Nodes(nodes) => {
                for (place, node) in nodes.iter().enumerate() {
                    let comma = if place == 0 { "" } else { "," };
                    write!(f, "{comma}{}", Self::Remote(node.clone()))?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_displayed_as_it_is_written_but_for_the_login() {
        for text in [
            "embedded",
            "mosquitto",
            "mqtt://h:1",
            "mqtt://[::1]:1883",
            "mqtts://h:8883",
            "mqtt://h:1,mqtts://i:8883",
        ] {
            assert_eq!(text.parse::<BrokerChoice>().unwrap().to_string(), text);
        }
        let choice: BrokerChoice = "mqtt://ada:secret@h".parse().unwrap();
        assert_eq!(choice.to_string(), "mqtt://h:1883");
        assert!(!format!("{choice:?}").contains("secret"));
        for bad in [
            "mqtt://",
            "http://a",
            "mqtt://a:b",
            "embeded",
            "mqtt://a,mqtt://",
            "ws://h/mqtt",
        ] {
            let error = bad.parse::<BrokerChoice>().unwrap_err();
            assert!(error.contains("`embedded`"), "{bad}: {error}");
        }
    }
}
