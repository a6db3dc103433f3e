//! The broker of a stage: what it keeps, what it lets whom do, and who else talks to it.

use arena::broker::{Access, Act, Broker};
use arena::peer::Peer;

use super::Stage;

impl Stage {
    /// From now on the broker has a store: sessions, what waits in them and retained messages survive
    /// its restart. Who is on the stage already would be left behind.
    ///
    /// # Errors
    /// When there is no broker.
    pub async fn broker_has_a_store(&mut self) -> anyhow::Result<()> {
        self.broker = Broker::start_with_a_store(&self.call.broker).await?;
        Ok(())
    }

    /// From now on the broker lets nobody do this, on a topic below the learner's id. Who is on the
    /// stage already would be left behind. Returns whether it is a broker whose rights are ours to
    /// give.
    ///
    /// # Errors
    /// When there is no broker.
    pub async fn broker_denies(&mut self, act: Act, kind: &str) -> anyhow::Result<bool> {
        let access = self.denied(act, kind);
        let broker = Broker::start_with(&self.call.broker, &access).await?;
        let is_ours = broker.is_some();
        if let Some(broker) = broker {
            self.broker = broker;
        }
        Ok(is_ours)
    }

    /// What lets everybody do all but this.
    pub fn denied(&self, act: Act, kind: &str) -> Access {
        Access::default().deny("", act, &self.topic(kind))
    }

    /// A client of our own at the broker, of several nodes at the third. Its name is chance: no
    /// program can throw it out.
    ///
    /// # Errors
    /// When the broker does not accept it.
    pub async fn peer(&self) -> anyhow::Result<Peer> {
        let name = format!("nightlight-checks-{:016x}", fastrand::u64(..));
        Peer::connect(self.broker.endpoint_at(2), &name).await
    }

    /// A topic below the learner's id.
    pub fn topic(&self, kind: &str) -> String {
        format!("{}/{kind}", self.id)
    }
}
