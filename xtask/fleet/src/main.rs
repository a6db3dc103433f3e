//! `cargo xtask bench broker`: how much each broker carries.
//!
//! Two questions. What does one message cost, through each [path] from one client to another? And
//! what becomes of it with thousands of [devices], each with its own connection? With `--cluster`,
//! also on RabbitMQ in several nodes, and what a node takes with it that is [killed], from a fleet
//! and from the [programs] of steps 7 and 8. Everything is on loopback and on the same processors,
//! clients included, so only the ratios mean something.

mod balancer;
mod client;
mod cluster;
mod devices;
mod killed;
mod limits;
mod path;
mod programs;
mod record;
mod shared;
mod site;
mod spread;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use arena::broker::{Broker, BrokerChoice};
use arena::line::Line;
use arena::record::{Budget, Record};
use clap::Parser;
use rabbitmq::{Cluster, Sessions};
use terminal::exit;
use terminal::interrupt::Interrupts;
use terminal::say;

use path::Cost;
use record::Tables;
use site::Site;

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
    /// Also RabbitMQ in so many nodes, and what is lost with one that is killed; without a number
    /// three
    #[arg(
        long,
        value_name = "N",
        num_args = 0..=1,
        default_missing_value = "3",
        value_parser = clap::value_parser!(u8).range(2..=7)
    )]
    cluster: Option<u8>,
    /// Write the tables down for the guide (for maintainers)
    #[arg(long, requires = "cluster", conflicts_with_all = ["broker", "messages", "devices"])]
    record: bool,
}

impl Arguments {
    fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(until_ended(&arguments)),
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
    let mut cluster = match arguments.cluster {
        Some(nodes) => {
            let cluster = Cluster::start(nodes.into(), Sessions::OnOneNode).await?;
            Some(Site::Nodes(cluster))
        }
        None => None,
    };
    let mut tables = Tables::default();
    let mut baseline = None;
    paths(&choices, arguments.messages, &mut baseline, &mut tables).await?;
    if let Some(site) = &cluster {
        let (one, other) = (site.server(), site.device(0));
        for (name, to) in [("on one node", &one), ("node to node", &other)] {
            let cost = path::cost(&one, to, arguments.messages).await?;
            tell(
                &format!("rabbitmq, {name}"),
                &cost,
                &mut baseline,
                &mut tables,
            )?;
        }
    }
    say::out(&format!(
        "\n{devices} devices, a reading every {} s each, a command for each reading, for {} s\n",
        devices::PACE.as_secs(),
        arguments.seconds
    ))?;
    let mut sites = Vec::new();
    for choice in &choices {
        let site = Site::one(choice).await?;
        let seen = devices::play(&site, devices, arguments.time()).await?;
        say::out(&format!("  {}: {seen}\n", site.name()))?;
        tables.fleet(&site.name(), &seen);
        sites.push(site);
    }
    if let Some(site) = cluster.take() {
        let seen = devices::play(&site, devices, arguments.time()).await?;
        say::out(&format!("  {}: {seen}\n", site.name()))?;
        tables.fleet(&site.name(), &seen);
        sites.push(site);
    }
    if let Some(nodes) = arguments.cluster {
        cluster::measure(sites, nodes.into(), devices, arguments.time(), &mut tables).await?;
    }
    if arguments.record {
        tables.write()?;
    }
    Ok(())
}

/// The first path is the baseline.
async fn paths(
    choices: &[BrokerChoice],
    messages: usize,
    baseline: &mut Option<Cost>,
    tables: &mut Tables,
) -> anyhow::Result<()> {
    say::out(&format!(
        "{messages} messages with QoS 0 from one client to another; ratios are to the first line\n"
    ))?;
    for choice in choices {
        let broker = Broker::start(choice).await?;
        let cost = path::cost(&broker.endpoint(), &broker.endpoint(), messages).await?;
        tell(&choice.to_string(), &cost, baseline, tables)?;
        let mut lines = Vec::new();
        for _ in 0..2 {
            let record = Arc::new(Record::new(Budget::ENDLESS));
            lines.push(Line::open(broker.endpoint(), Arc::default(), record).await?);
        }
        let [sender, listener] = [&lines[0], &lines[1]].map(Line::entrance);
        let cost = path::cost(&sender, &listener, messages).await?;
        tell(&format!("{choice}, recorded"), &cost, baseline, tables)?;
    }
    Ok(())
}

fn tell(
    name: &str,
    cost: &Cost,
    baseline: &mut Option<Cost>,
    tables: &mut Tables,
) -> anyhow::Result<()> {
    let first = baseline.get_or_insert_with(|| cost.clone());
    let rate = cost.rate / first.rate;
    let latency = cost.latency.middle().as_secs_f64() / first.latency.middle().as_secs_f64();
    say::out(&format!(
        "  {name:<22} {:>7.0} messages/s ({rate:.2})   there in {} ({latency:.2})\n",
        cost.rate, cost.latency,
    ))?;
    tables.path(name, rate, latency);
    Ok(())
}
