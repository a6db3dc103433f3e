//! How a program proves to an encrypted broker who it is.

use std::path::PathBuf;

use super::{CERT, KEY, Setting, SettingsError};

/// A certificate of the program's own, and its key: both, or neither.
pub(super) fn certificate(
    certificate: Option<Setting>,
    key: Option<Setting>,
) -> Result<Option<(PathBuf, PathBuf)>, SettingsError> {
    let half = |there: Setting, missing| SettingsError::HalfACertificate {
        origin: there.origin,
        missing,
    };
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some((certificate.into_path(), key.into_path()))),
        (Some(certificate), None) => Err(half(certificate, KEY)),
        (None, Some(key)) => Err(half(key, CERT)),
    }
}
