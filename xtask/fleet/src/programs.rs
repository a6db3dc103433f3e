//! The solutions of steps 7 and 8 on a cluster, through outage after outage, device and server on
//! different nodes; in mid-course one node is killed.

use std::path::Path;

use anyhow::Context;
use arena::broker::BrokerChoice;
use checks::compile::Built;
use checks::corpus;
use checks::corpus::trial::Stage;
use checks::play::{play_kills_and_cuts, play_outages};
use checks::scenario::Weather;
use course::Step;
use rabbitmq::Cluster;

use crate::balancer::{Balancer, Turn};

/// The step whose programs lose no reading, and the one whose programs lose no task.
pub const STEPS: [&str; 2] = ["outage", "orders"];

/// How many outages there are.
pub const OUTAGES: usize = 50;

/// After so many connections of the device and the server each a node is killed.
const MIDDLE: usize = 12;

/// Whose node is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    /// Nobody's.
    Nobody,
    /// The device's.
    Device,
    /// The server's.
    Server,
}

impl Victim {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nobody => "no node",
            Self::Device => "the device's node",
            Self::Server => "the server's node",
        }
    }
}

/// A step's solution, compiled.
#[derive(Debug)]
pub struct Programs {
    /// Whose they are.
    pub step: &'static Step,
    built: Built,
}

impl Programs {
    /// Compiles them.
    ///
    /// # Errors
    /// When they do not compile.
    pub async fn of(root: &Path, package: &str) -> anyhow::Result<Self> {
        let step = course::find(package)?;
        let solution = corpus::solution(root, step)?;
        let built = Stage::new(root).compile(&solution).await?;
        Ok(Self { step, built })
    }

    /// Plays outages on a cluster, and says in words what became of readings or tasks.
    ///
    /// # Errors
    /// When there is no cluster any more.
    pub async fn play(
        &self,
        mut cluster: Cluster,
        victim: Victim,
        seed: u64,
    ) -> anyhow::Result<String> {
        let nodes: Vec<_> = cluster.nodes().iter().map(|node| node.mqtt).collect();
        let mut from_second = nodes.clone();
        from_second.rotate_left(1);
        let to_server = Balancer::open(nodes, Turn::First).await?;
        let to_device = Balancer::open(from_second, Turn::First).await?;
        // Devices take the first of them, servers the second.
        let doors = [&to_device, &to_server].map(|door| format!("mqtt://{}", door.address()));
        let choice: BrokerChoice = doors.join(",").parse().map_err(anyhow::Error::msg)?;
        let killing = async {
            let (door, place) = match victim {
                Victim::Nobody => return,
                Victim::Device => (&to_device, 1),
                Victim::Server => (&to_server, 0),
            };
            door.has_served(MIDDLE).await;
            cluster.kill(place).await;
        };
        let playing = self.tally(&choice, seed);
        tokio::pin!(playing);
        let tally = tokio::select! {
            // Before the middle, as somebody did not go on.
            tally = &mut playing => tally,
            () = killing => playing.await,
        };
        cluster.end().await;
        // A program that does not go on is something to tell, too.
        Ok(tally.unwrap_or_else(|error| format!("{error:#}")))
    }

    async fn tally(&self, broker: &BrokerChoice, seed: u64) -> anyhow::Result<String> {
        let (step, built) = (self.step, &self.built);
        if step.package == STEPS[0] {
            let weather = Weather {
                outages: OUTAGES,
                kills: false,
            };
            let tally = play_outages(step, built, seed, broker, weather).await;
            Ok(tally.context("readings not counted")?.to_string())
        } else {
            let tally = play_kills_and_cuts(step, built, seed, broker, OUTAGES).await;
            Ok(tally.context("tasks not counted")?.to_string())
        }
    }
}
