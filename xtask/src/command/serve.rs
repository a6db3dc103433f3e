//! `cargo xtask broker` and `cargo xtask board`: one of them alone, for experiments.

mod door;
pub mod gate;
mod shown;

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use arena::board::counterfit::Happening;
use arena::broker::{Embedded, Listener};
use live::LiveBoard;
use live::board::ServeError;
use nightlight::Settings;

use crate::cli::{Board, Broker};
use crate::{forwarding, port};
use door::Door;
use gate::{Gate, Open};
use shown::Printer;
use terminal::interrupt::Interrupts;
use terminal::say;

/// Serves a broker until Ctrl-C, and shows what its clients do.
pub async fn broker(root: &Path, arguments: &Broker) -> anyhow::Result<ExitCode> {
    let mut interrupts = Interrupts::listen()?;
    let gate = match arguments.ws {
        Some(port) => Some(Gate::prepare(root, port, "cargo xtask broker --ws 0")?),
        None => None,
    };
    let door = Door::choose(root, arguments)?;
    port::is_free(door.address(), "a broker", "cargo xtask broker --port 0")?;
    let (lines, printer) = shown::lines();
    let tells: Listener = Arc::new(move |happening| lines.tell(shown::client(&happening)));
    let listener = (!arguments.quiet).then_some(tells);
    let broker = Embedded::serve(door.address(), door.access(), listener).await?;
    say::sentences(&format!(
        "A broker listens on mqtt://{}. It forgets everything when it ends. Ctrl-C ends it.\n{}",
        broker.address(),
        door.for_others(broker.address().port())
    ))?;
    // It ends when it is dropped.
    let _gate = match gate {
        Some(gate) => {
            let broker = door::from_here(broker.address());
            Some(open(gate, broker, &arguments.allow_host).await?)
        }
        None => None,
    };
    until_interrupted(&mut interrupts, printer).await;
    Ok(ExitCode::SUCCESS)
}

/// Serves a virtual board until Ctrl-C, and shows what programs do with it.
pub async fn board(arguments: &Board) -> anyhow::Result<ExitCode> {
    let mut interrupts = Interrupts::listen()?;
    let address = (arguments.listen, arguments.port).into();
    let (lines, printer) = shown::lines();
    let is_quiet = arguments.quiet;
    let tells = move |happening: &Happening| {
        if !is_quiet && let Some(line) = shown::program(happening) {
            lines.tell(line);
        }
    };
    let board = open_board(
        address,
        &arguments.allow_host,
        "cargo xtask board --port 0",
        tells,
    )
    .await?;
    let url = board.url();
    say::sentences(&format!(
        "A virtual board listens on {url}: open that in a browser. Ctrl-C ends it.\n"
    ))?;
    if let Some(name) = forwarding::name_of(board.port()) {
        say::sentences(&format!("In your browser it is https://{name}\n"))?;
    }
    if !arguments.listen.is_loopback() {
        say::sentences("Everybody in your network can use it.\n")?;
    }
    if arguments.open {
        open_page(&url)?;
    }
    until_interrupted(&mut interrupts, printer).await;
    Ok(ExitCode::SUCCESS)
}

/// Lets pages in, and says so.
async fn open(gate: Gate, broker: SocketAddr, names: &[String]) -> anyhow::Result<Open> {
    let gate = gate.open(broker, names).await?;
    let id = Settings::read().ok().map(|settings| settings.id);
    say::sentences(&format!(
        "Pages of this machine reach it by WebSocket, at {}. One that is a client: {}\n",
        gate.url(),
        say::paint(say::STRONG, gate.page(id.as_deref()))
    ))?;
    Ok(gate)
}

async fn until_interrupted(interrupts: &mut Interrupts, printer: Printer) {
    let printing = tokio::spawn(printer.run());
    interrupts.next().await;
    printing.abort();
}

/// Serves a board, also under these names and those of the browser IDE around it, or says how to
/// get one all the same; `way_out` takes a free port.
pub async fn open_board(
    address: SocketAddr,
    names: &[String],
    way_out: &str,
    tells: impl Fn(&Happening) + Send + Sync + 'static,
) -> anyhow::Result<LiveBoard> {
    port::is_free(address, "a board", way_out)?;
    let names = |port| {
        let forwarded = forwarding::name_of(port);
        names.iter().cloned().chain(forwarded).collect()
    };
    LiveBoard::open(address, names, tells)
        .await
        .map_err(|error| match error {
            // Somebody was quicker.
            ServeError::PortInUse { port } => {
                anyhow::anyhow!(port::taken(port, "a board", way_out))
            }
            other => other.into(),
        })
}

/// Shows the page. Where there is no browser, the address is enough.
pub fn open_page(url: &str) -> anyhow::Result<()> {
    if let Err(error) = open::that_detached(url) {
        say::sentences(&format!(
            "No browser could be opened ({error}). Open {url} yourself.\n"
        ))?;
    }
    Ok(())
}
