//! Simulated devices: one or more clients that speak for many.

use arena::peer::Peer;

use crate::findings::hearing::spelt;
use crate::stage::Stage;

/// The longest name that a device may have.
const LONGEST: usize = 32;

/// Devices that are only names on topics.
#[derive(Debug)]
pub(super) struct Crowd {
    id: String,
    peers: Vec<Peer>,
    told: usize,
}

impl Crowd {
    /// Nobody has spoken yet. So many connections speak for them, in turn.
    pub async fn gather(stage: &Stage, connections: usize) -> anyhow::Result<Self> {
        let mut peers = Vec::new();
        for _ in 0..connections {
            peers.push(stage.peer().await?);
        }
        Ok(Self {
            id: stage.id.clone(),
            peers,
            told: 0,
        })
    }

    /// Tells a light level under this name, each spelt in another way than the one before.
    pub async fn tell(&mut self, device: &str, level: u16) -> anyhow::Result<()> {
        let reading = spelt(self.told, level);
        self.say(&format!("devices/{device}/telemetry"), reading)
            .await
    }

    /// Publishes anything, below the learner's id.
    pub async fn say(&mut self, kind: &str, payload: impl Into<Vec<u8>>) -> anyhow::Result<()> {
        let topic = format!("{}/{kind}", self.id);
        let peer = &self.peers[self.told % self.peers.len()];
        self.told += 1;
        peer.publish(&topic, payload).await
    }
}

/// Names such as people give their devices, no two alike, of every length that a transcript can
/// hide.
pub(super) fn names(dice: &mut fastrand::Rng, many: usize) -> Vec<String> {
    let name = |number: usize, dice: &mut fastrand::Rng| {
        // A name may begin with anything that may be in it.
        let first = ["Q", "7", "-", "_"][number % 4];
        let mut name = format!("{first}z{number}");
        let length = if number == 0 {
            LONGEST
        } else {
            dice.usize(8..=16)
        };
        while name.len() < length {
            let separator = name.len() % 6 == 5;
            name.push(if separator {
                dice.choice(['-', '_']).unwrap_or('-')
            } else {
                dice.alphanumeric()
            });
        }
        name
    };
    let mut names: Vec<String> = (0..many).map(|number| name(number, dice)).collect();
    dice.shuffle(&mut names);
    // Who takes such names only is found out by those that follow.
    if let Some(lettered) = names.iter().position(|name| name.starts_with('Q')) {
        names.swap(0, lettered);
    }
    names
}
