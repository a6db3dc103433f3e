//! A broker, and through which of its doors clients come in.

use std::fs;

use arena::broker::{Broker, BrokerChoice, Endpoint};
use rabbitmq::Cluster;

/// A broker that runs.
#[derive(Debug)]
pub enum Site {
    /// One door for all.
    One {
        /// What it was asked for as.
        choice: BrokerChoice,
        /// It itself.
        broker: Broker,
    },
    /// The server at the first node, and the devices in turn at the others.
    Nodes(Cluster),
}

impl Site {
    /// Starts the chosen broker.
    ///
    /// # Errors
    /// When it does not start or does not answer.
    pub async fn one(choice: &BrokerChoice) -> anyhow::Result<Self> {
        Ok(Self::One {
            choice: choice.clone(),
            broker: Broker::start(choice).await?,
        })
    }

    /// As it is called in tables.
    pub fn name(&self) -> String {
        match self {
            Self::One { choice, .. } => choice.to_string(),
            Self::Nodes(cluster) => format!("RabbitMQ, {} nodes", cluster.nodes().len()),
        }
    }

    /// Where the server connects.
    pub fn server(&self) -> Endpoint {
        match self {
            Self::One { broker, .. } => broker.endpoint(),
            Self::Nodes(cluster) => cluster.nodes()[0].mqtt.into(),
        }
    }

    /// Where the device with this number connects.
    pub fn device(&self, number: usize) -> Endpoint {
        match self {
            Self::One { broker, .. } => broker.endpoint(),
            Self::Nodes(cluster) => {
                let nodes = cluster.nodes();
                let others = if nodes.len() > 1 { &nodes[1..] } else { nodes };
                others[number % others.len()].mqtt.into()
            }
        }
    }

    /// Resident, in bytes. The embedded broker shares a process with the devices, so theirs is in it.
    pub fn memory(&self) -> Option<u64> {
        let process = match self {
            Self::One { broker, .. } => match broker {
                Broker::Embedded(_) => "self".to_owned(),
                Broker::Mosquitto(mosquitto) => mosquitto.process()?.to_string(),
                Broker::Remote { .. } | Broker::Nodes(_) => return None,
            },
            Self::Nodes(cluster) => return cluster.memory(),
        };
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(kilobytes * 1024)
    }
}
