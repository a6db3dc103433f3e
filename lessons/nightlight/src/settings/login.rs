//! User and password for the broker.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::AddressError;

/// A user and a password, as a CONNECT carries them (MQTT 3.1.1, sections 3.1.3.4 and 3.1.3.5).
///
/// The password is shown nowhere.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Login {
    user: String,
    password: String,
}

impl Login {
    /// From `user:password`, in which `%40` stands for `@` and so on (RFC 3986, section 2.1).
    pub(super) fn parse(userinfo: &str) -> Result<Self, AddressError> {
        let wrong = |problem| Err(AddressError::Login { problem });
        if userinfo.contains(['@', '/', '?', '#']) {
            return wrong("write `%40` for `@`, `%2F` for `/`, `%3F` for `?` and `%23` for `#`");
        }
        let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
        let (Some(user), Some(password)) = (decoded(user), decoded(password)) else {
            return wrong(
                "a `%` must begin the two hexadecimal digits of a byte, as in `%20`; write `%25` \
                 for a `%` of its own",
            );
        };
        if user.is_empty() {
            return wrong("the user is missing");
        }
        // A string of MQTT must not contain it (section 1.5.3).
        if user.contains('\0') || password.contains('\0') {
            return wrong("`%00` may not be in them");
        }
        Ok(Self { user, password })
    }

    /// User name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Password, possibly empty.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// As it is written into a URL before the `@`: with the password, so keep it to programs.
    pub fn to_userinfo(&self) -> String {
        let [user, password] =
            [&self.user, &self.password].map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC));
        format!("{user}:{password}")
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

fn decoded(part: &str) -> Option<String> {
    let bytes = part.as_bytes();
    let is_code = |code: Option<&[u8]>| {
        code.is_some_and(|code| code.len() == 2 && code.iter().all(u8::is_ascii_hexdigit))
    };
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'%' && !is_code(bytes.get(at + 1..at + 3)) {
            return None;
        }
    }
    let text = percent_decode_str(part).decode_utf8().ok()?;
    Some(text.into_owned())
}
