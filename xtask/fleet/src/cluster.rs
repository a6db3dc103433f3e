//! What only a cluster raises: how a group of servers parts the readings, and what is lost with a node.

use std::time::Duration;

use rabbitmq::{Cluster, Sessions};
use terminal::{say, workspace};

use crate::killed;
use crate::programs::{OUTAGES, Programs, STEPS, Victim};
use crate::record::Tables;
use crate::shared;
use crate::site::Site;

/// The outages of all runs are the same.
const SEED: u64 = 1;

/// What is killed below the solutions, and where their sessions are.
const KILLS: [(Victim, Sessions); 4] = [
    (Victim::Nobody, Sessions::OnOneNode),
    (Victim::Server, Sessions::OnOneNode),
    (Victim::Device, Sessions::OnOneNode),
    (Victim::Device, Sessions::Replicated),
];

/// Measures it all, with clusters of so many nodes.
pub async fn measure(
    sites: Vec<Site>,
    nodes: usize,
    devices: usize,
    time: Duration,
    tables: &mut Tables,
) -> anyhow::Result<()> {
    say::out(&format!(
        "\n{} readings for {} servers that share a subscription\n",
        shared::READINGS,
        shared::SERVERS
    ))?;
    for site in sites {
        let parts = shared::play(&site).await?;
        let parts = parts.map(|part| part.to_string()).join(", ");
        say::out(&format!("  {}: {parts}\n", site.name()))?;
        tables.shared(&site.name(), &parts);
    }
    say::out(&format!(
        "\n{devices} devices and a server on a cluster of {nodes}, each comes back to another node; after \
         {} s one is killed\n",
        (time / 2).as_secs()
    ))?;
    for case in killed::CASES {
        let cluster = Cluster::start(nodes, case.sessions).await?;
        let toll = killed::play(cluster, case, devices, time).await?;
        say::out(&format!(
            "  {}: {} readings sent, {} lost, {} doubled; all were back after: {}\n",
            case.title,
            toll.sent,
            toll.lost,
            toll.doubled,
            toll.back()
        ))?;
        tables.killed(case.title, &toll);
    }
    programs(nodes, tables).await
}

/// The solutions that lose nothing, as their steps say.
async fn programs(nodes: usize, tables: &mut Tables) -> anyhow::Result<()> {
    let root = workspace::root()?;
    for package in STEPS {
        let programs = Programs::of(&root, package).await?;
        let step = format!("step {}", programs.step.number);
        say::out(&format!(
            "\n{step}'s solution through {OUTAGES} outages, device and server on different nodes; killed \
             in mid-course:\n"
        ))?;
        for (victim, sessions) in KILLS {
            let cluster = Cluster::start(nodes, sessions).await?;
            let words = programs.play(cluster, victim, SEED).await?;
            let name = match sessions {
                Sessions::OnOneNode => victim.name().to_owned(),
                Sessions::Replicated => format!("{}, sessions replicated", victim.name()),
            };
            say::out(&format!("  {name}: {words}\n"))?;
            tables.programs(&step, &name, &words);
        }
    }
    Ok(())
}
