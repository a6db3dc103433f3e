//! What differs from one nightlight to the next.

use core::net::SocketAddrV4;

use embassy_time::Duration;
use heapless::String;
use nightlight_core::LONGEST_ID;
use serde::Deserialize;

/// Room for a user's name or a password, in bytes.
const LOGIN: usize = 128;

/// The settings, as the board tells them at the start: who has a firmware per device has to build as
/// often.
#[derive(Deserialize)]
pub struct Settings {
    /// Your unique id.
    pub id: String<LONGEST_ID>,
    /// The MQTT broker.
    pub broker: SocketAddrV4,
    /// Who the broker lets in, if it asks.
    pub login: Option<Login>,
    /// How long to leave the broker in peace after a failure, in milliseconds.
    retry_ms: u32,
    /// Another number at each start. The processor has no source of chance.
    pub seed: u64,
}

/// A user and a password.
#[derive(Deserialize)]
pub struct Login {
    /// The user's name.
    pub user: String<LOGIN>,
    /// The password.
    pub password: String<LOGIN>,
}

impl Settings {
    /// How long to leave the broker in peace after a failure, before you connect again.
    pub fn retry_pause(&self) -> Duration {
        Duration::from_millis(self.retry_ms.into())
    }
}
