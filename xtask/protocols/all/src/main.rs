//! `cargo xtask bench protocols`: the same readings and commands over one protocol after another,
//! through real servers on loopback, counted.
//!
//! What is measured, and how, is in the crate `protocols`. Here are the protocols that need other
//! people's clients and servers, one module each, and the [list](cases) of all.

mod amqp;
mod cases;
mod coap;
mod http;
mod record;
mod servers;
mod tls;

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Parser;
use futures_util::StreamExt;
use protocols::Relay;
use protocols::cost::Plan;
use protocols::report::Report;
use terminal::interrupt::Interrupts;
use terminal::{exit, say};
use tokio::task::LocalSet;

use cases::Case;
use servers::Servers;

/// Compare protocols: bytes, packets and round trips of readings and commands, and what an outage
/// loses.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask bench protocols")]
struct Arguments {
    /// How many readings, and how many commands
    #[arg(long, value_name = "N", default_value_t = Plan::FULL.messages, value_parser = at_least_two)]
    messages: usize,
    /// Only those with this in their names, `MQTT 5` say, or `session`
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// How many are measured at a time; more than a few disturb each other
    #[arg(long, value_name = "N", default_value_t = 6)]
    at_once: usize,
    /// Write the tables down for the guide (for maintainers)
    #[arg(long, conflicts_with_all = ["only", "messages"])]
    record: bool,
}

fn at_least_two(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number >= 2 => Ok(number),
        _ => Err("at least 2: one opens the connection, another finds it open".to_owned()),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => LocalSet::new().block_on(&runtime, until_ended(&arguments)),
        Err(error) => Err(error.into()),
    };
    exit::status(outcome.map(|()| ExitCode::SUCCESS))
}

/// Whoever ends it ends what it has started, too: that dies when it is dropped.
async fn until_ended(arguments: &Arguments) -> anyhow::Result<()> {
    let mut interrupts = Interrupts::listen()?;
    tokio::select! {
        measured = measure(arguments) => measured,
        () = interrupts.next() => bail!("ended before all was measured"),
    }
}

async fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let servers = Servers::find().await?;
    for missing in &servers.missing {
        say::out(&format!("Left out: {missing}.\n"))?;
    }
    if !Relay::counts_packets() {
        say::out(
            "This system does not tell how many packets there are: there are at least as many as \
             are said, and so it is with headers.\n",
        )?;
    }
    if arguments.record {
        ensure!(
            servers.missing.is_empty() && Relay::counts_packets(),
            "the guide's tables are recorded on Linux, with Mosquitto and RabbitMQ installed"
        );
    }
    let plan = Plan {
        messages: arguments.messages,
        ..Plan::FULL
    };
    let mut cases = cases::all(&servers, plan)?;
    cases.retain(|case| case.name.contains(&arguments.only));
    ensure!(
        !cases.is_empty(),
        "nothing that is measured has `{}` in its name",
        arguments.only
    );
    say::out(&format!(
        "{} measurements of {} messages and more, {} at a time …\n",
        cases.len(),
        plan.messages,
        arguments.at_once
    ))?;
    let report = run(cases, arguments.at_once).await?;
    for part in report.parts() {
        say::out(&format!("\n{}\n{}", part.title, part.text))?;
    }
    if arguments.record {
        record::write(&report)?;
    }
    Ok(())
}

async fn run(cases: Vec<Case>, at_once: usize) -> anyhow::Result<Report> {
    let measuring = cases.into_iter().map(|case| async move {
        let measured = case.run.await;
        measured.with_context(|| format!("{}: not measured", case.name))
    });
    let mut done = futures_util::stream::iter(measuring).buffered(at_once.max(1));
    let mut all = Report::default();
    while let Some(report) = done.next().await {
        match report {
            Ok(report) => all.add(report),
            // The others are worth knowing.
            Err(error) => say::note(&error),
        }
    }
    Ok(all)
}
