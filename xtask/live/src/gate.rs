//! Who may talk to the board: programs, and the board's own page. Not the pages of others.
//!
//! A page from anywhere can make a browser send requests to this machine. The browser says where
//! the page is from (`Origin`, `Sec-Fetch-Site`), and which name it looked up (`Host`): a name
//! that is none of this machine's means that somebody points theirs at us (DNS rebinding). Programs
//! send no `Origin`, and are welcome.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Which names a board answers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    reach: Reach,
    /// Also these, whose owners lead to this machine: the forwarded address of a browser IDE.
    names: Arc<[String]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// The names of this machine to itself.
    Loopback,
    /// Also its addresses in the local network, and names that only the local network has.
    Network,
}

impl Gate {
    /// The gate for a board that listens here, and that is called by these names too.
    pub fn of(address: SocketAddr, names: &[String]) -> Self {
        let reach = if address.ip().is_loopback() {
            Reach::Loopback
        } else {
            Reach::Network
        };
        let names = names.iter().map(|name| name.to_ascii_lowercase());
        Self {
            reach,
            names: names.collect(),
        }
    }

    /// Lets a request through, or says why not.
    pub async fn pass(State(gate): State<Self>, request: Request, next: Next) -> Response {
        match gate.check(request.headers()) {
            Ok(()) => next.run(request).await,
            Err(reason) => (StatusCode::FORBIDDEN, reason).into_response(),
        }
    }

    fn check(&self, headers: &HeaderMap) -> Result<(), String> {
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
                 http://127.0.0.1:5000, or start it with `--allow-host {}`",
                name_in(host)
            ));
        }
        if let Some(origin) = text(header::ORIGIN)?
            && origin != format!("http://{host}")
            && !self.is_forwarded(origin)
        {
            return Err(format!(
                "a page from {origin} may not use this board. Only its own page may. If that is \
                 its own, forwarded to you, start the board with `--allow-host {}`",
                name_in(origin.split_once("://").map_or(origin, |(_, host)| host))
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

    fn is_ours(&self, host: &str) -> bool {
        let name = name_in(host);
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            // Nobody can point a numeric address elsewhere.
            return self.reach == Reach::Network || address.is_loopback();
        }
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name == "localhost"
            || name.ends_with(".localhost")
            || self.names.contains(&name)
            // Answered by the machines of the local network themselves (RFC 6762), or by its own
            // name server: nobody outside can own a name without a dot.
            || (self.reach == Reach::Network && (name.ends_with(".local") || !name.contains('.')))
    }

    /// Whether a page comes from one of the board's other names. Who forwards a port may tell us
    /// our own name in `Host`, and the browser the other one.
    fn is_forwarded(&self, origin: &str) -> bool {
        let host = origin.strip_prefix("https://");
        let host = host.or_else(|| origin.strip_prefix("http://"));
        let name = host.map(|host| name_in(host).to_ascii_lowercase());
        name.is_some_and(|name| self.names.contains(&name))
    }
}

/// A host without its port.
fn name_in(host: &str) -> &str {
    match host.rsplit_once(':') {
        // A colon inside brackets belongs to an IPv6 address.
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: &str = "127.0.0.1:5000";
    const NETWORK: &str = "0.0.0.0:5000";

    fn check(at: &str, headers: &[(&'static str, &str)]) -> Result<(), String> {
        check_named(at, &[], headers)
    }

    fn check_named(
        at: &str,
        names: &[String],
        headers: &[(&'static str, &str)],
    ) -> Result<(), String> {
        let gate = Gate::of(at.parse().unwrap(), names);
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
            assert_eq!(check(LOOPBACK, &[("host", host)]), Ok(()), "{host}");
        }
        let own = [
            ("host", "localhost:5000"),
            ("origin", "http://localhost:5000"),
            ("sec-fetch-site", "same-origin"),
        ];
        assert_eq!(check(LOOPBACK, &own), Ok(()));
        let link = [
            ("host", "localhost:5000"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ];
        assert_eq!(check(LOOPBACK, &link), Ok(()));
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
            assert!(check(LOOPBACK, &headers).is_err(), "{headers:?}");
        }
    }

    #[test]
    fn a_board_for_the_network_has_its_names() {
        for host in [
            "192.168.1.2:5000",
            "pi.local:5000",
            "pi:5000",
            "[fe80::1]:5000",
        ] {
            assert_eq!(check(NETWORK, &[("host", host)]), Ok(()), "{host}");
        }
        assert!(check(NETWORK, &[("host", "evil.example")]).is_err());
    }
    #[test]
    fn a_forwarded_page_is_the_boards_own_where_its_name_is_allowed() {
        let names = ["ada-1-5000.Preview.example".to_owned()];
        let forwarded = "ada-1-5000.preview.example";
        let origin = format!("https://{forwarded}");
        let page = |host| [("host", host), ("origin", origin.as_str())];
        // Some tell the board its own name, some the other one.
        for host in ["localhost:5000", forwarded] {
            assert_eq!(check_named(LOOPBACK, &names, &page(host)), Ok(()), "{host}");
            let refused = check(LOOPBACK, &page(host)).unwrap_err();
            let way_out = format!("--allow-host {forwarded}");
            assert!(refused.contains(&way_out), "{refused}");
        }
        for origin in [
            "https://preview.example",
            "https://b.preview.example",
            "null",
        ] {
            let headers = [("host", forwarded), ("origin", origin)];
            assert!(check_named(LOOPBACK, &names, &headers).is_err(), "{origin}");
        }
    }
}
