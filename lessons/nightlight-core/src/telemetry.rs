//! What the device tells.

use heapless::Vec;
use serde::Serialize;

/// From this light level on it is not dark.
const BRIGHT: u16 = 300;

/// Room for the longest payload: `{"light":65535}`.
const LONGEST: usize = 15;

/// A reading of the light sensor, as it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Telemetry {
    /// 0 (dark) to 1023 (bright).
    pub light: u16,
}

impl Telemetry {
    /// As JSON: `{"light":299}`.
    pub fn payload(self) -> Vec<u8, LONGEST> {
        // The room is that of the longest reading there is.
        serde_json_core::to_vec(&self).unwrap_or_default()
    }
}

/// Whether a nightlight should be on at this light level: below 300.
pub fn is_dark(light: u16) -> bool {
    light < BRIGHT
}
