//! A Raspberry Pi with a Grove Base Hat.

#[cfg(any(test, all(feature = "pi", target_os = "linux")))]
mod grove_hat;
#[cfg(all(feature = "pi", target_os = "linux"))]
mod header;

#[cfg(all(feature = "pi", target_os = "linux"))]
pub(super) use header::open;

#[cfg(not(all(feature = "pi", target_os = "linux")))]
pub(super) fn open() -> Result<super::Board, super::BoardError> {
    use super::BoardError;

    Err(if cfg!(feature = "pi") {
        let reason = "it does not run Linux".to_owned();
        BoardError::NotAPi { reason }
    } else {
        BoardError::BuiltWithoutPi
    })
}

#[cfg(all(test, not(feature = "pi")))]
mod tests {
    #[test]
    fn without_the_feature_the_error_names_it() {
        let error = super::open().unwrap_err().to_string();
        assert!(error.contains("add `--features pi`"), "{error}");
    }
}
