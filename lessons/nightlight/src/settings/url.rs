//! The few URLs that an address can be: scheme, login, host and port (RFC 3986), and nothing more.

use std::net::Ipv6Addr;

use thiserror::Error;

use super::login::Login;

/// What is wrong with an address.
///
/// No message repeats a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AddressError {
    /// There is no `scheme://` in front.
    #[error("`{text}` has no `{scheme}://` in front")]
    NoScheme {
        /// The address as it was written.
        text: String,
        /// The scheme that belongs there.
        scheme: &'static str,
    },
    /// Another scheme is in front.
    #[error("`{found}://` is in front instead of `{scheme}://`")]
    OtherScheme {
        /// The scheme as it was written.
        found: String,
        /// The scheme that belongs there.
        scheme: &'static str,
    },
    /// What stands before the `@` is no user and password.
    #[error("the user and password (what stands before the `@`) are not understood: {problem}")]
    Login {
        /// What is wrong with them, without repeating them.
        problem: &'static str,
    },
    /// A user is in front of the host of something that takes none.
    #[error(
        "a user and password (what stands before the `@`) have no meaning here: leave them out"
    )]
    NeedlessLogin,
    /// There is no host.
    #[error("the name or IP address of the computer is missing")]
    NoHost,
    /// The host is not valid.
    #[error("`{host}` is not the name or IP address of a computer")]
    Host {
        /// The host as it was written.
        host: String,
    },
    /// The host is an IPv6 address without brackets, in which a port could not be told apart.
    #[error("`{text}` has more than one colon: put an IPv6 address in brackets, as in `[::1]`")]
    BareIpv6 {
        /// The host as it was written.
        text: String,
    },
    /// The port is not a number from 1 to 65535.
    #[error("`{port}` is not a port, which is a whole number from 1 to 65535")]
    Port {
        /// The port as it was written.
        port: String,
    },
    /// Something follows host and port.
    #[error("`{rest}` after the host and port has no meaning here")]
    Rest {
        /// What follows.
        rest: String,
    },
}

/// A URL in its parts.
#[derive(Debug)]
pub(super) struct Parts {
    /// Which of the schemes it was.
    pub(super) scheme: &'static str,
    pub(super) login: Option<Login>,
    pub(super) host: String,
    pub(super) port: Option<u16>,
    /// What follows host and port.
    rest: String,
}

impl Parts {
    /// Refuses whatever follows host and port, but for a lone slash: that is what copying from a
    /// browser gives.
    pub(super) fn ending(self) -> Result<Self, AddressError> {
        match self.rest.as_str() {
            "" | "/" => Ok(self),
            _ => Err(AddressError::Rest { rest: self.rest }),
        }
    }

    /// What follows host and port as a path, with a query if there is one (RFC 3986, sections 3.3
    /// and 3.4).
    pub(super) fn path(&self) -> Result<String, AddressError> {
        let in_a_path = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:%/?".contains(c);
        let rest = self.rest.clone();
        match rest.chars().next() {
            _ if !rest.chars().all(in_a_path) => Err(AddressError::Rest { rest }),
            Some('/') => Ok(rest),
            _ => Ok(format!("/{rest}")),
        }
    }
}

/// Takes `scheme://[user:password@]host[:port]` and what follows apart, for any of these schemes.
pub(super) fn split(url: &str, schemes: &[&'static str]) -> Result<Parts, AddressError> {
    let (scheme, rest) = without_scheme(url, schemes)?;
    // The last one: before it comes what nobody shall read in a message.
    let (login, rest) = match rest.rsplit_once('@') {
        Some((userinfo, rest)) => (Some(Login::parse(userinfo)?), rest),
        None => (None, rest),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    // The colons of an IPv6 address are inside its brackets.
    let after_brackets = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let (host, port) = match authority[after_brackets..].split_once(':') {
        Some((between, port)) => (
            &authority[..after_brackets + between.len()],
            Some(parse_port(port, authority)?),
        ),
        None => (authority, None),
    };
    check_host(host)?;
    Ok(Parts {
        scheme,
        login,
        host: host.to_owned(),
        port,
        rest: rest.to_owned(),
    })
}

fn without_scheme<'a>(
    url: &'a str,
    schemes: &[&'static str],
) -> Result<(&'static str, &'a str), AddressError> {
    let usual = schemes.first().copied().unwrap_or_default();
    let is_scheme = |found: &str| found.chars().all(|c| c.is_ascii_alphanumeric() || c == '+');
    let Some((found, rest)) = url.split_once("://").filter(|(found, _)| is_scheme(found)) else {
        // Without what may be a password.
        let text = url.rsplit('@').next().unwrap_or(url).to_owned();
        let scheme = usual;
        return Err(AddressError::NoScheme { text, scheme });
    };
    match schemes
        .iter()
        .find(|known| found.eq_ignore_ascii_case(known))
    {
        Some(scheme) => Ok((scheme, rest)),
        None => {
            let found = found.to_owned();
            let scheme = usual;
            Err(AddressError::OtherScheme { found, scheme })
        }
    }
}

fn check_host(host: &str) -> Result<(), AddressError> {
    let is_ipv6 = |host: &str| {
        host.strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
    };
    let in_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if host.is_empty() {
        Err(AddressError::NoHost)
    } else if is_ipv6(host) || host.chars().all(in_a_name) {
        Ok(())
    } else {
        let host = host.to_owned();
        Err(AddressError::Host { host })
    }
}

fn parse_port(text: &str, authority: &str) -> Result<u16, AddressError> {
    if text.contains(':') {
        let text = authority.to_owned();
        return Err(AddressError::BareIpv6 { text });
    }
    // Rust's own parser would let a plus sign pass.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port != 0 => Ok(port),
        _ => Err(AddressError::Port {
            port: text.to_owned(),
        }),
    }
}
