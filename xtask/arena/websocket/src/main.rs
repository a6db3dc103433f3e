//! What `cargo xtask broker --ws` and `run --ws` start beside their broker: built on its first use, so
//! that nobody else builds WebSocket. It says where it listens, and that is all.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context;
use arena_websocket::{Gate, Guests};
use clap::Parser;
use terminal::interrupt::Interrupts;
use terminal::{exit, say};
use tokio::sync::oneshot;

/// Hand on MQTT over WebSocket to a broker.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where the broker takes plain connections
    #[arg(long, value_name = "ADDRESS")]
    broker: SocketAddr,
    /// Also let pages with this name in
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    exit::once_served(async { serve(arguments).await.map(|()| ExitCode::SUCCESS) })
}

async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    let mut interrupts = Interrupts::listen()?;
    let Arguments {
        listen,
        broker,
        allow_host,
    } = arguments;
    let gate = Gate::open(listen, broker, Guests::with(allow_host))
        .await
        .with_context(|| format!("{listen} cannot be listened on. `--ws N` takes another port"))?;
    say::out(&format!("{}\n", gate.address()))?;
    tokio::select! {
        () = interrupts.next() => {}
        _ = whoever_started_it_ended() => {}
    }
    Ok(())
}

/// Standard input ends with the one who holds its other end, even if that one was killed.
async fn whoever_started_it_ended() -> Result<(), oneshot::error::RecvError> {
    let (ended, end) = oneshot::channel();
    // A thread of its own: the runtime would wait for its reading when Ctrl-C comes first.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = ended.send(());
    });
    end.await
}
