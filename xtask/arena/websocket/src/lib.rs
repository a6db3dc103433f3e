//! MQTT over WebSocket (MQTT 3.1.1, section 6; RFC 6455) between a program or a page and the line, or
//! a broker.

mod bytes_of;
mod gate;
mod guests;
mod link;
mod page;

pub use gate::Gate;
pub use guests::Guests;
pub use link::WebSocket;
pub use page::MQTT_JS;
