//! Whose pages may use a broker over WebSocket.
//!
//! A page from anywhere can make a browser connect to this machine, and WebSocket has no other
//! protection than the server's look at where the page is from (RFC 6455, section 10.2). So pages
//! of this machine are let in, and programs, which are from nowhere.

use std::net::IpAddr;

use hyper::header::{self, HeaderMap, HeaderName};

/// Whose pages may come in: this machine's, and those of `names`, which lead to it from elsewhere,
/// as the forwarded address of a browser IDE does.
#[derive(Clone, Debug, Default)]
pub struct Guests {
    names: Vec<String>,
}

impl Guests {
    /// Pages with these names are guests, too.
    pub fn with(names: impl IntoIterator<Item = String>) -> Self {
        let names = names.into_iter().map(|name| name.to_ascii_lowercase());
        Self {
            names: names.collect(),
        }
    }

    /// Lets a request through, or says why not.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), String> {
        let text = |name: HeaderName| {
            let value = headers.get(name);
            value.map(|value| value.to_str().unwrap_or_default())
        };
        // Another name that leads here means that somebody points theirs at us (DNS rebinding).
        if let Some(host) = text(header::HOST)
            && !self.is_one(host)
        {
            return Err(format!(
                "this broker does not answer to the name `{host}`. Use its address, like 127.0.0.1, \
                 or start it with `--allow-host {}`",
                name_in(host)
            ));
        }
        let Some(origin) = text(header::ORIGIN) else {
            return Ok(());
        };
        let from = origin.split_once("://").map(|(_, host)| host);
        if from.is_some_and(|host| self.is_one(host)) {
            return Ok(());
        }
        Err(format!(
            "a page from {origin} may not use this broker. Pages of this machine may, and those of \
             names that it was started with: `--allow-host NAME`"
        ))
    }

    fn is_one(&self, host: &str) -> bool {
        let name = name_in(host);
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return address.is_loopback();
        }
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name == "localhost" || name.ends_with(".localhost") || self.names.contains(&name)
    }
}

/// A host without its port.
fn name_in(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|letter| letter.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use super::*;

    fn from(host: &str, origin: Option<&str>) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        Guests::with(["Room-7.example".to_owned()]).check(&headers)
    }

    #[test]
    fn pages_of_this_machine_and_programs_come_in() {
        for origin in [
            None,
            Some("http://127.0.0.1:5000"),
            Some("http://localhost:5000"),
            Some("http://[::1]:5000"),
            Some("https://room-7.example"),
        ] {
            assert_eq!(from("127.0.0.1:8083", origin), Ok(()), "{origin:?}");
        }
        assert_eq!(from("room-7.example", None), Ok(()));
    }

    #[test]
    fn pages_of_others_do_not() {
        for origin in [
            "https://evil.example",
            "https://localhost.evil.example",
            "http://192.168.1.7",
            "null",
            "",
        ] {
            let refused = from("127.0.0.1:8083", Some(origin)).unwrap_err();
            assert!(refused.contains("may not use"), "{refused}");
        }
        let refused = from("evil.example:8083", None).unwrap_err();
        assert!(refused.contains("--allow-host evil.example"), "{refused}");
    }
}
