//! `cargo xtask broker` and `cargo xtask board`: one of them alone, for experiments.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context;
use arena::broker::{Embedded, MQTT_PORT};
use arena::loopback;
use live::LiveBoard;
use live::board::ServeError;

use crate::cli::Board;
use terminal::interrupt::Interrupts;
use terminal::say;

/// Serves a broker until Ctrl-C.
pub async fn broker(port: Option<u16>) -> anyhow::Result<ExitCode> {
    let mut interrupts = Interrupts::listen()?;
    let broker = Embedded::start(loopback::at(port.unwrap_or(MQTT_PORT)))
        .await
        .context(
            "Is another broker running there? `cargo xtask broker --port 0` takes a free port",
        )?;
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
    LiveBoard::serve(address).await.map_err(|error| match error {
        ServeError::PortInUse { port } => anyhow::anyhow!(
            "port {port} is in use. Is another board running? On a Mac, AirPlay takes port 5000. \
             End the other program, or take a free port: `{way_out}`"
        ),
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
