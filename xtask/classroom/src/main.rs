//! `cargo xtask broker --classroom`: Mosquitto for a room, with a password, topics of their own
//! and an encrypted line for each learner.
//!
//! Why not the embedded broker? Its TLS port serves nobody while one client that connected stays
//! silent, and its topic rights are not told to a client of MQTT 3.1.1. Mosquitto does both well.
//! Who is in the room says the [roster]; the [passwords] and the [certificates] are kept in a
//! [folder] that only its owner can read; the [rules] are Mosquitto's configuration; the
//! [instructions] are for the learners. A crate of its own, so that who only checks does not build
//! it.

mod certificates;
mod folder;
mod instructions;
mod passwords;
mod place;
mod roster;
mod rules;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use arena::broker::Mosquitto;
use clap::Parser;
use runner::cli::Broker;
use terminal::exit;
use terminal::interrupt::Interrupts;
use terminal::say;
use terminal::workspace;

use folder::Folder;
use instructions::Instructions;
use passwords::Passwords;
use place::Place;
use roster::Roster;

/// The runner's own arguments: it hands them over as they are.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask broker")]
struct Arguments {
    #[command(flatten)]
    broker: Broker,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    exit::once_served(serve(&arguments.broker))
}

async fn serve(arguments: &Broker) -> anyhow::Result<ExitCode> {
    let mut interrupts = Interrupts::listen()?;
    let room = &arguments.room;
    let roster = Roster::of(room.learners.as_deref().unwrap_or_default())?;
    let place = Place::choose(room.listen, room.host.as_deref(), arguments.port)?;
    let folder = Folder::open(match &room.out {
        Some(folder) => folder.clone(),
        None => default_folder()?,
    })?;
    let passwords = Passwords::keep(&folder, &roster)?;
    certificates::write(&folder, &place)?;
    let configuration = rules::write(&folder, &place, &roster, &passwords)?;
    let address = place.address();
    let mut broker = match Mosquitto::start_with(&configuration, address).await? {
        Ok(broker) => broker,
        Err(words) => bail!(
            "mosquitto does not start on {address}. Does another broker listen there? `--port N` \
             takes another port. Its last words:\n{words}"
        ),
    };
    let instructions = Instructions::write(&folder, &place, &roster, &passwords)?;
    say::out(&instructions.words())?;
    tokio::select! {
        () = interrupts.next() => Ok(ExitCode::SUCCESS),
        () = broker.ended() => bail!("mosquitto has ended by itself"),
    }
}

fn default_folder() -> anyhow::Result<PathBuf> {
    let root = workspace::root().context("`--out DIR` says where to keep the passwords")?;
    Ok(root.join("target/classroom"))
}
