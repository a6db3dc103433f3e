//! `cargo xtask broker --cluster`: RabbitMQ in several nodes that are one broker, on loopback, to try
//! what a cluster does and what a node takes with it.
//!
//! A crate of its own, so that who only checks does not build it.

mod order;
mod words;

use std::process::ExitCode;

use clap::Parser;
use rabbitmq::{Cluster, Sessions};
use runner::cli::Broker;
use terminal::exit;
use terminal::interrupt::Interrupts;
use terminal::say;

use order::Orders;

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
    let mut closed = Closed::listen()?;
    let count = usize::from(arguments.cluster.unwrap_or(1));
    let sessions = if arguments.replicated {
        Sessions::Replicated
    } else {
        Sessions::OnOneNode
    };
    if Cluster::is_here() {
        say::out(&words::starting(count))?;
    }
    // Dropped while they start, the nodes end all the same.
    let mut cluster = tokio::select! {
        started = Cluster::start(count, sessions) => started?,
        () = interrupts.next() => return Ok(ExitCode::SUCCESS),
        () = closed.terminal() => return Ok(ExitCode::SUCCESS),
    };
    say::out(&words::nodes(&cluster))?;
    let mut orders = Orders::listen();
    loop {
        let gone = tokio::select! {
            () = interrupts.next() => break,
            () = closed.terminal() => break,
            gone = cluster.one_ended() => gone,
            line = orders.next() => match order::meant(&line, &cluster) {
                Some(place) => cluster.kill(place).await,
                None => {
                    say::out(&words::not_understood(&cluster))?;
                    None
                }
            },
        };
        if let Some(name) = gone {
            say::out(&words::gone(&name, &cluster))?;
        }
        if cluster.nodes().is_empty() {
            break;
        }
    }
    cluster.end().await;
    Ok(ExitCode::SUCCESS)
}

/// The end of the terminal. The nodes have groups of their own, so it does not reach them by itself.
struct Closed {
    #[cfg(unix)]
    hang_up: tokio::signal::unix::Signal,
}

impl Closed {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            hang_up: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?,
        })
    }

    async fn terminal(&mut self) {
        #[cfg(unix)]
        self.hang_up.recv().await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}
