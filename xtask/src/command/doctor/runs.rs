//! What a learner's own runs meet: settings, broker, board, and programs that still run.

use std::io;
use std::net::TcpListener;
use std::path::Path;

use arena::broker::{Broker, BrokerChoice, MQTT_PORT};
use arena::loopback;
use nightlight::{Board, BoardAddress, BoardError, LightSensor, Settings, SettingsError};

use super::{Finding, rivals};
use crate::port as holders;

/// What is so for a learner's own runs.
pub async fn findings(root: &Path) -> Vec<Finding> {
    let mut findings = settings().await;
    findings.extend(rivals::leftovers(root));
    findings
}

async fn settings() -> Vec<Finding> {
    match Settings::read() {
        Ok(settings) => {
            let mut findings = vec![Finding::Good(format!("your id is {}", settings.id))];
            findings.extend(broker(&settings).await);
            findings.push(board(&settings));
            findings
        }
        Err(SettingsError::MissingId { .. }) => {
            let mut findings = vec![Finding::Note(
                "you have not chosen an id yet".to_owned(),
                "Checks bring their own. For your own runs write `id = \"…\"` with something \
                 nobody else has into nightlight.toml."
                    .into(),
            )];
            findings.extend([port(MQTT_PORT, "a broker"), port(5000, "a board")]);
            findings
        }
        Err(error) => vec![Finding::Bad(
            error.to_string(),
            "Mend it; the lessons read it too.".into(),
        )],
    }
}

/// Whether it answers, proves its name if it is encrypted, and accepts the login if there is one.
async fn broker(settings: &Settings) -> Vec<Finding> {
    let user = settings.broker.login().map(|(user, _)| user.to_owned());
    let choice = BrokerChoice::Remote(settings.broker.clone());
    match Broker::start(&choice).await {
        Ok(broker) => {
            let user = user.map_or_else(String::new, |user| format!(", and lets in {user}"));
            let mut findings = vec![Finding::Good(format!("a broker answers at {choice}{user}"))];
            findings.extend(rivals::under_the_id(&broker, &settings.id).await);
            findings
        }
        Err(error) => vec![Finding::Note(
            // The first link is about `--broker`.
            format!(
                "no broker at {choice}{}: {}",
                written(),
                causes(error.chain().skip(1))
            ),
            "Checks bring their own. For your own runs start one: `cargo xtask broker`.".into(),
        )],
    }
}

/// Where the settings name the broker, for who no longer knows.
fn written() -> String {
    match Settings::written_broker() {
        Ok(Some((_, origin))) => format!(" ({origin})"),
        _ => String::new(),
    }
}

fn causes<'a>(chain: impl Iterator<Item = &'a (dyn std::error::Error + 'static)>) -> String {
    let causes: Vec<String> = chain.map(ToString::to_string).collect();
    causes.join(": ")
}

/// Whether it speaks as a board does, which who only listens there does not.
fn board(settings: &Settings) -> Finding {
    let BoardAddress::Virtual { host, port } = &settings.board else {
        return Finding::Good("the board is the Raspberry Pi's own".to_owned());
    };
    let level = Board::open(settings).and_then(|mut board| board.light_sensor.light_level());
    match level {
        Ok(level) => Finding::Good(format!(
            "a board answers at {host}:{port}: its light level is {level}"
        )),
        Err(BoardError::NotThere { reason, .. }) => Finding::Note(
            format!("no board answers at {host}:{port}: {reason}"),
            "Checks bring their own. For your own runs start one: `cargo xtask board`.".into(),
        ),
        Err(error) => Finding::Note(
            error.to_string(),
            "Checks bring their own board: this is about your own runs.".into(),
        ),
    }
}

fn port(port: u16, whose: &str) -> Finding {
    match TcpListener::bind(loopback::at(port)) {
        Ok(_) => Finding::Good(format!("port {port} is free for {whose}")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Finding::Note(
            format!("port {port} is taken by {}", holders::has(port, whose)),
            "If that is not yours, choose another with `--port`. (macOS uses 5000 for AirPlay.)"
                .into(),
        ),
        Err(error) => Finding::Note(
            format!("port {port} cannot be opened: {error}"),
            "Choose another with `--port`.".into(),
        ),
    }
}
