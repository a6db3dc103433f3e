//! `cargo xtask bench broker`: how much each broker carries.
//!
//! Two questions. What does one message cost, through each [path] from one client to another? And
//! what becomes of it with thousands of [devices], each with its own connection? Everything is on
//! loopback and on the same processors, clients included, so only the ratios mean something.

mod client;
mod devices;
mod limits;
mod path;
mod spread;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use arena::broker::{Broker, BrokerChoice};
use arena::line::Line;
use arena::record::{Budget, Record};
use clap::Parser;
use terminal::exit;
use terminal::say;

use path::Cost;

/// Measure brokers: the kit's own and Mosquitto, each with and without the recorder's relay.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask bench broker")]
struct Arguments {
    /// Messages through each path
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    messages: usize,
    /// Devices with a connection of their own
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    devices: usize,
    /// How long the devices go on, in seconds
    #[arg(long, value_name = "N", default_value_t = 20)]
    seconds: u64,
    /// Only this one: embedded, mosquitto, or a URL
    #[arg(long)]
    broker: Option<BrokerChoice>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(measure(&arguments)),
        Err(error) => Err(error.into()),
    };
    exit::status(outcome.map(|()| ExitCode::SUCCESS))
}

async fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let choices = match &arguments.broker {
        Some(choice) => vec![choice.clone()],
        None => vec![BrokerChoice::Mosquitto, BrokerChoice::Embedded],
    };
    let devices = limits::allow(arguments.devices)?;
    if devices < arguments.devices {
        say::out(&format!(
            "This system lets a process open only so many files: {devices} devices instead of {}.\n",
            arguments.devices
        ))?;
    }
    paths(&choices, arguments.messages).await?;
    say::out(&format!(
        "\n{devices} devices, a reading every {} s each, a command for each reading, for {} s\n",
        devices::PACE.as_secs(),
        arguments.seconds
    ))?;
    for choice in &choices {
        let broker = Broker::start(choice).await?;
        let time = Duration::from_secs(arguments.seconds);
        let seen = devices::play(&broker, devices, time).await?;
        say::out(&format!("  {choice}: {seen}\n"))?;
    }
    Ok(())
}

/// The first path is the baseline.
async fn paths(choices: &[BrokerChoice], messages: usize) -> anyhow::Result<()> {
    say::out(&format!(
        "{messages} messages with QoS 0 from one client to another; ratios are to the first line\n"
    ))?;
    let mut baseline: Option<Cost> = None;
    for choice in choices {
        let broker = Broker::start(choice).await?;
        let cost = path::cost(&broker.endpoint(), &broker.endpoint(), messages).await?;
        tell(&choice.to_string(), &cost, &mut baseline)?;
        let mut lines = Vec::new();
        for _ in 0..2 {
            let record = Arc::new(Record::new(Budget::ENDLESS));
            lines.push(Line::open(broker.endpoint(), Arc::default(), record).await?);
        }
        let [sender, listener] = [&lines[0], &lines[1]].map(Line::entrance);
        let cost = path::cost(&sender, &listener, messages).await?;
        tell(&format!("{choice}, recorded"), &cost, &mut baseline)?;
    }
    Ok(())
}

fn tell(name: &str, cost: &Cost, baseline: &mut Option<Cost>) -> anyhow::Result<()> {
    let first = baseline.get_or_insert_with(|| cost.clone());
    say::out(&format!(
        "  {name:<20} {:>7.0} messages/s ({:.2})   there in {} ({:.2})\n",
        cost.rate,
        cost.rate / first.rate,
        cost.latency,
        cost.latency.middle().as_secs_f64() / first.latency.middle().as_secs_f64(),
    ))?;
    Ok(())
}
