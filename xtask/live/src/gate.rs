//! ProgramId may talk to the board: programs, and the board's own page. Not the pages of others.
//!
//! A page from anywhere can make a browser send requests to this machine. The browser says where
//! the page is from (`Origin`, `Sec-Fetch-Site`), and which name it looked up (`Host`): a name
//! that is none of this machine's means that somebody points theirs at us (DNS rebinding). Programs
//! send no `Origin`, and are welcome.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Which names a board answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Those of this machine to itself.
    Loopback,
    /// Also its addresses in the local network, and names that only the local network has.
    Network,
}

impl Gate {
    /// The gate for a board that listens here.
    pub fn of(address: SocketAddr) -> Self {
        if address.ip().is_loopback() {
            Self::Loopback
        } else {
            Self::Network
        }
    }

    /// Lets a request through, or says why not.
    pub async fn pass(State(gate): State<Self>, request: Request, next: Next) -> Response {
        match gate.check(request.headers()) {
            Ok(()) => next.run(request).await,
            Err(reason) => (StatusCode::FORBIDDEN, reason).into_response(),
        }
    }

    fn check(self, headers: &HeaderMap) -> Result<(), String> {
        let text = |name: header::HeaderName| match headers.get(&name) {
            None => Ok(None),
            Some(value) => value
                .to_str()
                .map(Some)
                .map_err(|_| format!("the header `{name}` is not plain text")),
        };
        let host = text(header::HOST)?.ok_or("a request needs the header `Host`")?;
        if !self.is_ours(host) {
            return Err(format!(
                "this board does not answer to the name `{host}`. Use its address, like \
                 http://127.0.0.1:5000"
            ));
        }
        if let Some(origin) = text(header::ORIGIN)?
            && origin != format!("http://{host}")
        {
            return Err(format!(
                "a page from {origin} may not use this board. Only its own page may"
            ));
        }
        // A link on another page may lead here; its scripts and pictures may not.
        let from_elsewhere = headers
            .get("sec-fetch-site")
            .is_some_and(|site| site != "same-origin" && site != "none");
        let is_visit = headers
            .get("sec-fetch-mode")
            .is_some_and(|mode| mode == "navigate");
        if from_elsewhere && !is_visit {
            return Err("another page may not use this board. Only its own page may".to_owned());
        }
        Ok(())
    }

    fn is_ours(self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            // A colon inside brackets belongs to an IPv6 address.
            Some((name, port)) if !port.ends_with(']') => name,
            _ => host,
        };
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            // Nobody can point a numeric address elsewhere.
            return self == Self::Network || address.is_loopback();
        }
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name == "localhost"
            || name.ends_with(".localhost")
            // Answered by the machines of the local network themselves (RFC 6762).
            || (self == Self::Network && name.ends_with(".local"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(gate: Gate, headers: &[(&'static str, &str)]) -> Result<(), String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        gate.check(&map)
    }

    #[test]
    fn programs_and_the_own_page_pass() {
        for host in [
            "127.0.0.1:5000",
            "localhost:5000",
            "[::1]:5000",
            "LOCALHOST",
        ] {
            assert_eq!(check(Gate::Loopback, &[("host", host)]), Ok(()), "{host}");
        }
        let own = [
            ("host", "localhost:5000"),
            ("origin", "http://localhost:5000"),
            ("sec-fetch-site", "same-origin"),
        ];
        assert_eq!(check(Gate::Loopback, &own), Ok(()));
        let link = [
            ("host", "localhost:5000"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ];
        assert_eq!(check(Gate::Loopback, &link), Ok(()));
    }

    #[test]
    fn others_do_not() {
        let here = ("host", "127.0.0.1:5000");
        for headers in [
            vec![],
            vec![("host", "evil.example:5000")],
            vec![("host", "127.0.0.1.evil.example")],
            vec![("host", "192.168.1.2:5000")],
            vec![here, ("origin", "http://evil.example")],
            vec![here, ("origin", "null")],
            vec![here, ("origin", "http://127.0.0.1:5001")],
            vec![here, ("origin", "https://127.0.0.1:5000")],
            vec![here, ("sec-fetch-site", "cross-site")],
            vec![here, ("sec-fetch-site", "same-site")],
        ] {
            assert!(check(Gate::Loopback, &headers).is_err(), "{headers:?}");
        }
    }

    #[test]
    fn a_board_for_the_network_has_its_names() {
        for host in ["192.168.1.2:5000", "pi.local:5000", "[fe80::1]:5000"] {
            assert_eq!(check(Gate::Network, &[("host", host)]), Ok(()), "{host}");
        }
        assert!(check(Gate::Network, &[("host", "evil.example")]).is_err());
    }
}
