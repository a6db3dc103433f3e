//! What a run shows in the terminal: each line says whose it is.

use anstyle::{AnsiColor, Style};
use live::feed::{Health, State};
use live::stage::{Gossip, Instance};
use tokio::sync::mpsc::UnboundedReceiver;

use terminal::say;

const DEVICE: Style = AnsiColor::Cyan.on_default().bold();
const SERVER: Style = AnsiColor::Magenta.on_default().bold();
const BROKER: Style = AnsiColor::Blue.on_default().bold();

/// Prints what happens on a stage, as long as it is there.
///
/// `width` is that of the longest name, in characters.
pub async fn follow(mut gossip: UnboundedReceiver<Gossip>, width: usize) {
    while let Some(gossip) = gossip.recv().await {
        // With nobody reading, the page still shows it.
        let _ = say::out(&line(&gossip, width));
    }
}

fn line(gossip: &Gossip, width: usize) -> String {
    let prefix = |style, name| say::paint(style, format!("{name:width$}"));
    match gossip {
        Gossip::Printed { who, error, text } => {
            let text = if *error {
                say::paint(say::NOTE, text)
            } else {
                text.clone()
            };
            format!("{} | {text}\n", prefix(style(who), who.name()))
        }
        Gossip::Program(who, state) => {
            format!("{} * {}\n", prefix(style(who), who.name()), words(state))
        }
        Gossip::Broker(state) => {
            format!("{} * {}\n", prefix(BROKER, "broker"), words(state))
        }
        Gossip::Trouble(text) => format!("{} * {text}\n", prefix(say::STRONG, "page")),
    }
}

fn style(who: &Instance) -> Style {
    match who.who {
        course::DEVICE => DEVICE,
        _ => SERVER,
    }
}

fn words(state: &State) -> String {
    let style = match state.health {
        Health::Good => say::GOOD,
        Health::Gone => say::BAD,
        Health::Waiting | Health::Absent => say::FAINT,
    };
    format!("{}. {}", say::paint(style, &state.word), state.detail)
}
