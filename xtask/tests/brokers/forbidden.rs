//! What a broker says to a client of MQTT 5 that breaks a rule. In bytes: rumqttc does not understand a
//! DISCONNECT that ends after its reason, as Mosquitto's does.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A test that waits longer than this hangs.
const LIMIT: Duration = Duration::from_secs(30);

/// Version 5, clean start, a keep-alive of 60 s, and a name.
const CONNECT: &[u8] = b"\x10\x16\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x09forbidden";

/// With QoS 1, identifier 1, and a topic alias of 0.
const PUBLISH: &[u8] = b"\x32\x11\x00\x09forbidden\x00\x01\x03\x23\x00\x00";

/// The first byte of a DISCONNECT.
const DISCONNECT: u8 = 0xe0;

/// Whether the connection ends with a DISCONNECT, as it should (MQTT 5, section 4.13.1).
pub async fn explains_itself(at: SocketAddr) -> bool {
    let talk = async {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(CONNECT).await.unwrap();
        let [_, length] = [stream.read_u8().await, stream.read_u8().await].map(Result::unwrap);
        let mut connack = vec![0; length.into()];
        stream.read_exact(&mut connack).await.unwrap();
        stream.write_all(PUBLISH).await.unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.unwrap();
        said
    };
    let said = tokio::time::timeout(LIMIT, talk).await.unwrap();
    said.first() == Some(&DISCONNECT)
}
