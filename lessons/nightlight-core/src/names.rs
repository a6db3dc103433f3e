//! Who a device is to the broker, and on which topics it talks.

use heapless::String;

/// As long as an id may be, in characters, all of them ASCII.
pub const LONGEST_ID: usize = 64;

const CLIENT: &str = "nightlight_client";
const TELEMETRY: &str = "/telemetry";
const COMMANDS: &str = "/commands";

/// A client name, with room for the longest id.
pub type ClientName = String<{ LONGEST_ID + CLIENT.len() }>;

/// A topic, with room for the longest id.
pub type Topic = String<{ LONGEST_ID + TELEMETRY.len() }>;

/// The device's name as an MQTT client: no two clients of a broker may share one.
///
/// `None` for an id that is longer than [`LONGEST_ID`].
pub fn client_name(id: &str) -> Option<ClientName> {
    joined(id, CLIENT)
}

/// Where the device's readings go.
///
/// `None` for an id that is longer than [`LONGEST_ID`].
pub fn telemetry_topic(id: &str) -> Option<Topic> {
    joined(id, TELEMETRY)
}

/// Where the device's commands come from.
///
/// `None` for an id that is longer than [`LONGEST_ID`].
pub fn commands_topic(id: &str) -> Option<Topic> {
    joined(id, COMMANDS)
}

fn joined<const ROOM: usize>(id: &str, rest: &str) -> Option<String<ROOM>> {
    let mut text = String::new();
    text.push_str(id).ok()?;
    text.push_str(rest).ok()?;
    Some(text)
}
