//! `cargo xtask broker` and `cargo xtask board`: one of them alone, for experiments.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context;
use arena::board::VirtualBoard;
use arena::broker::Embedded;

use crate::report::say;

/// Only this machine: nothing listens wider unless asked.
fn loopback(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

/// Serves a broker until Ctrl-C.
pub async fn broker(port: u16) -> anyhow::Result<ExitCode> {
    let broker = Embedded::start(loopback(port)).await.context(
        "Is another broker running there? `cargo xtask broker --port 0` takes a free port",
    )?;
    say::out(&format!(
        "A broker listens on mqtt://{}. It forgets everything when it ends. Ctrl-C ends it.\n",
        broker.address()
    ))?;
    std::future::pending().await
}

/// Serves a virtual board until Ctrl-C.
pub async fn board(port: u16) -> anyhow::Result<ExitCode> {
    let board = VirtualBoard::serve(loopback(port)).await.context(
        "Is another board running there? `cargo xtask board --port 0` takes a free port",
    )?;
    say::out(&format!(
        "A virtual board listens on {}. Ctrl-C ends it.\n",
        board.url()
    ))?;
    std::future::pending().await
}
