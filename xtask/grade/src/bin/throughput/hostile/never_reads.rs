//! Subscribes to all, sends without end, and never reads what comes back.

use std::io::Write;
use std::net::TcpStream;

fn main() {
    let settings = nightlight::Settings::load().unwrap();
    let broker = (settings.broker.host.as_str(), settings.broker.port);
    let mut line = TcpStream::connect(broker).unwrap();
    let text = |text: &str| [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat();
    let packet = |kind: u8, body: &[u8]| {
        let length = [0x80 | (body.len() % 128) as u8, (body.len() / 128) as u8];
        [&[kind][..], &length, body].concat()
    };
    let name = text(&format!("{}nightlight_client", settings.id));
    let connect = [&text("MQTT")[..], &[4, 2, 0, 60], &name].concat();
    line.write_all(&packet(0x10, &connect)).unwrap();
    let all = [&[0, 1][..], &text("#"), &[0]].concat();
    line.write_all(&packet(0x82, &all)).unwrap();
    let message = [
        text(&format!("{}/telemetry", settings.id)),
        vec![b'x'; 4_000],
    ]
    .concat();
    while line.write_all(&packet(0x30, &message)).is_ok() {}
    std::thread::park();
}
