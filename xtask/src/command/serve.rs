//! `cargo xtask broker` and `cargo xtask board`: one of them alone, for experiments.

use std::net::SocketAddr;
use std::process::ExitCode;

use arena::broker::{Embedded, MQTT_PORT};
use arena::loopback;
use live::LiveBoard;
use live::board::ServeError;

use crate::cli::Board;
use crate::port;
use terminal::interrupt::Interrupts;
use terminal::say;

/// Serves a broker until Ctrl-C.
pub async fn broker(at: Option<u16>) -> anyhow::Result<ExitCode> {
    let mut interrupts = Interrupts::listen()?;
    let address = loopback::at(at.unwrap_or(MQTT_PORT));
    port::is_free(address, "a broker", "cargo xtask broker --port 0")?;
    let broker = Embedded::start(address).await?;
    say::out(&format!(
        "A broker listens on mqtt://{}. It forgets everything when it ends. Ctrl-C ends it.\n",
        broker.address()
    ))?;
    interrupts.next().await;
    Ok(ExitCode::SUCCESS)
}

/// Serves a virtual board until Ctrl-C.
pub async fn board(arguments: &Board) -> anyhow::Result<ExitCode> {
    let mut interrupts = Interrupts::listen()?;
    let address = (arguments.listen, arguments.port).into();
    let board = open_board(address, "cargo xtask board --port 0").await?;
    let url = board.url();
    say::out(&format!(
        "A virtual board listens on {url}: open that in a browser. Ctrl-C ends it.\n"
    ))?;
    if !arguments.listen.is_loopback() {
        say::out("Everybody in your network can use it.\n")?;
    }
    if arguments.open {
        open_page(&url)?;
    }
    interrupts.next().await;
    Ok(ExitCode::SUCCESS)
}

/// Serves a board, or says how to get one all the same; `way_out` takes a free port.
pub async fn open_board(address: SocketAddr, way_out: &str) -> anyhow::Result<LiveBoard> {
    port::is_free(address, "a board", way_out)?;
    LiveBoard::serve(address)
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
        say::out(&format!(
            "No browser could be opened ({error}). Open {url} yourself.\n"
        ))?;
    }
    Ok(())
}
