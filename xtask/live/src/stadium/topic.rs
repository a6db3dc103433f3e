//! The stadium's topics: each device has its own, and commands for all have one more.

/// What a message is, by its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic<'a> {
    /// A reading of this device.
    Telemetry(&'a str),
    /// A command for this device alone.
    Command(&'a str),
    /// A command for all devices.
    CommandForAll,
}

impl<'a> Topic<'a> {
    /// Of the devices under `id`; `None` if it is another topic.
    pub(super) fn parse(id: &str, topic: &'a str) -> Option<Self> {
        let rest = topic.strip_prefix(id)?.strip_prefix('/')?;
        if rest == "commands" {
            return Some(Self::CommandForAll);
        }
        let (device, last) = rest.strip_prefix("devices/")?.split_once('/')?;
        match last {
            // `+` matches an empty level too (4.7.1.3), but that is no name.
            _ if device.is_empty() => None,
            "telemetry" => Some(Self::Telemetry(device)),
            "commands" => Some(Self::Command(device)),
            _ => None,
        }
    }

    /// As it is written.
    pub(crate) fn write(self, id: &str) -> String {
        match self {
            Self::Telemetry(device) => format!("{id}/devices/{device}/telemetry"),
            Self::Command(device) => format!("{id}/devices/{device}/commands"),
            Self::CommandForAll => format!("{id}/commands"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_as_they_are_written() {
        for topic in [
            Topic::Telemetry("north"),
            Topic::Command("north"),
            Topic::CommandForAll,
        ] {
            assert_eq!(Topic::parse("me", &topic.write("me")), Some(topic));
        }
    }

    #[test]
    fn what_is_shaped_otherwise_is_none_of_them() {
        for topic in [
            "me/telemetry",
            "me/devices//telemetry",
            "me/devices/north/telemetry/x",
            "me/devices/north/status",
            "me/devices/north",
            "you/devices/north/telemetry",
            "/devices/north/telemetry",
            "mee/commands",
        ] {
            assert_eq!(Topic::parse("me", topic), None, "{topic}");
        }
    }
}
