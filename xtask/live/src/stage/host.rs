//! The broker of a play, at a place that survives its restarts.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::bail;
use arena::broker::{Broker, BrokerChoice, Embedded, Endpoint, MQTT_PORT};
use arena::loopback;

/// How often a port that is not yet free again is tried, and how long to wait each time.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(200);

/// A broker and how to start it.
#[derive(Debug)]
pub(super) struct Host {
    choice: BrokerChoice,
    /// `None` while it is stopped.
    broker: Option<Broker>,
    address: SocketAddr,
}

impl Host {
    /// The embedded broker takes MQTT's own port if it is free, and any other if not.
    pub(super) async fn start(choice: &BrokerChoice) -> anyhow::Result<Self> {
        let broker = match choice {
            BrokerChoice::Embedded => match embedded(loopback::at(MQTT_PORT)).await {
                Ok(broker) => broker,
                Err(_) => embedded(loopback::at(0)).await?,
            },
            other => Broker::start(other).await?,
        };
        Ok(Self {
            choice: choice.clone(),
            address: broker.address(),
            broker: Some(broker),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Address and login of the broker.
    pub(super) fn endpoint(&self) -> Endpoint {
        let broker = self.broker.as_ref();
        broker.map_or_else(|| self.address.into(), Broker::endpoint)
    }

    /// URL to show, without the login.
    pub(super) fn url(&self) -> String {
        match &self.choice {
            BrokerChoice::Remote(_) | BrokerChoice::Nodes(_) => self.choice.to_string(),
            _ => format!("mqtt://{}", self.address),
        }
    }

    /// Whether it was started by somebody else.
    pub(super) fn is_foreign(&self) -> bool {
        self.choice.is_foreign()
    }

    /// Ends it, leaves it away for a while, and starts it again, at the same place if it is ours
    /// to choose.
    pub(super) async fn restart(&mut self, away: Duration) -> anyhow::Result<()> {
        self.broker = None;
        tokio::time::sleep(away).await;
        let broker = match &self.choice {
            BrokerChoice::Embedded => self.at_the_same_place().await?,
            BrokerChoice::Mosquitto => Broker::start(&self.choice).await?,
            BrokerChoice::Remote(_) | BrokerChoice::Nodes(_) => bail!("it is somebody else's"),
        };
        self.address = broker.address();
        self.broker = Some(broker);
        Ok(())
    }

    async fn at_the_same_place(&self) -> anyhow::Result<Broker> {
        for _ in 0..TRIES {
            if let Ok(broker) = embedded(self.address).await {
                return Ok(broker);
            }
            tokio::time::sleep(PAUSE).await;
        }
        // Somebody was quicker. The lines lead anywhere.
        embedded(loopback::at(0)).await
    }
}

async fn embedded(address: SocketAddr) -> anyhow::Result<Broker> {
    Ok(Broker::Embedded(Embedded::start(address).await?))
}
