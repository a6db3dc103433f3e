//! What can be broken on purpose: lines, the broker, messages.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::encryption::Encryption;
use super::{Gossip, Instance, Malformed, Stage, Trouble};
use crate::feed::clock;
use crate::packet::Row;
use crate::stadium::Topic;
use course::{MONITOR, ProgramId, SERVER};

/// How long a broker that is restarted stays away: long enough to be noticed.
const BROKER_AWAY: Duration = Duration::from_secs(2);

impl Stage {
    /// Cuts lines for some time: all, or those of a program, of which `device` may name one of
    /// several.
    ///
    /// # Errors
    /// When one of them is cut already, or there is no such program.
    pub fn cut(
        self: &Arc<Self>,
        who: Option<ProgramId>,
        device: Option<&str>,
        time: Duration,
    ) -> Result<(), Trouble> {
        let whose = self.instances(who, device)?;
        {
            let mut cuts = self.cuts.lock().unwrap_or_else(PoisonError::into_inner);
            if whose.iter().any(|who| cuts.contains(who)) {
                return Err(Trouble::AlreadyCut);
            }
            cuts.extend(whose.iter().cloned());
        }
        self.show_trouble();
        let names: Vec<_> = whose.iter().map(Instance::name).collect();
        let names = match &names[..] {
            // A few devices of many make a long list.
            [first @ .., last] if first.len() > 1 => format!("{} and {last}", first.join(", ")),
            _ => names.join(" and "),
        };
        self.note(format!(
            "The line between {names} and broker is cut for {} s.",
            time.as_secs()
        ));
        let stage = Arc::downgrade(self);
        for who in &whose {
            self.programs[who].line().down();
        }
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            // Nobody mends the lines of a play that is over.
            let Some(stage) = stage.upgrade() else { return };
            let mut cuts = stage.cuts.lock().unwrap_or_else(PoisonError::into_inner);
            cuts.retain(|who| !whose.contains(who));
            drop(cuts);
            if !stage.restarting.load(Ordering::SeqCst) {
                stage.mend();
            }
            stage.show_trouble();
            stage.note(format!("The line between {names} and broker works again."));
        });
        Ok(())
    }

    /// Ends the broker and starts it again. What it kept in memory is gone.
    ///
    /// # Errors
    /// When it is under way already, or the broker is somebody else's.
    pub fn restart_broker(self: &Arc<Self>) -> Result<(), Trouble> {
        if let Some(reason) = &self.foreign {
            return Err(Trouble::ForeignBroker(reason.clone()));
        }
        if self.restarting.swap(true, Ordering::SeqCst) {
            return Err(Trouble::AlreadyRestarting);
        }
        self.show_trouble();
        self.note("The broker is restarted.".to_owned());
        self.observer
            .pause("It was ended on purpose and is about to start again.");
        for program in self.programs.values() {
            program.line().down();
        }
        if let Some(browser) = &self.browser {
            browser.line.down();
        }
        let stage = Arc::clone(self);
        tokio::spawn(async move {
            let restarted = {
                let mut host = stage.host.lock().await;
                host.restart(BROKER_AWAY).await.map(|()| host.address())
            };
            match restarted {
                Ok(address) => {
                    for program in stage.programs.values() {
                        program.line().lead_to(address);
                    }
                    if let Some(browser) = &stage.browser {
                        browser.line.lead_to(address);
                    }
                    stage.observer.go_to(address);
                    stage.note("The broker is back. It has forgotten everything.".to_owned());
                }
                Err(error) => {
                    stage.note(format!("The broker does not start again: {error:#}"));
                }
            }
            stage.restarting.store(false, Ordering::SeqCst);
            stage.mend();
            stage.show_trouble();
        });
        Ok(())
    }

    /// Publishes something that a careful program ignores.
    ///
    /// # Errors
    /// When there is no broker to send it to.
    pub fn send_malformed(
        &self,
        to: ProgramId,
        device: Option<&str>,
        sort: Malformed,
    ) -> Result<(), Trouble> {
        let topic = self.topic(to, device)?;
        let payload = sort.payload(to);
        self.publish(&topic, payload)?;
        let _ = self.gossip.send(Gossip::Trouble(format!(
            "The page sent a malformed message to {topic}: {payload}"
        )));
        Ok(())
    }

    /// Publishes for the page, and shows that in the list of packets.
    pub(super) fn publish(&self, topic: &str, payload: &str) -> Result<(), Trouble> {
        self.observer.publish(topic, payload)?;
        self.feed.packets(vec![Row {
            at: clock(),
            who: "page",
            to_broker: Some(true),
            kind: "PUBLISH",
            topic: Some(topic.to_owned()),
            payload: Some(payload.to_owned()),
            qos: Some(0),
            facts: vec![("retain", "no".to_owned())],
            ..Row::default()
        }]);
        Ok(())
    }

    /// Where that program hears it: of several devices all or one, and as if from one of them.
    fn topic(&self, to: ProgramId, device: Option<&str>) -> Result<String, Trouble> {
        if let Some(device) = device {
            self.instances(None, Some(device))?;
        }
        let mut devices = self.programs.keys().filter_map(|it| it.device.as_deref());
        let Some(first) = devices.next() else {
            return self.topic_of_the_only_one(to);
        };
        let topic = match (to, device) {
            (SERVER, device) => Topic::Telemetry(device.unwrap_or(first)),
            (_, Some(device)) => Topic::Command(device),
            (_, None) => Topic::CommandForAll,
        };
        Ok(topic.write(&self.id))
    }

    fn topic_of_the_only_one(&self, to: ProgramId) -> Result<String, Trouble> {
        let has_monitor = self.programs.keys().any(|it| it.who == MONITOR);
        let takes_orders = self.programs.values().any(|it| it.takes_orders());
        let kind = match to {
            SERVER if takes_orders => return Err(Trouble::HearsNobody),
            SERVER if has_monitor => "telemetry/light",
            SERVER => "telemetry",
            _ if takes_orders => "tasks",
            _ if has_monitor => "status",
            _ => "commands",
        };
        Ok(format!("{}/{kind}", self.id))
    }

    /// Opens the lines that nobody wants cut.
    fn mend(&self) {
        let cuts = self.cuts.lock().unwrap_or_else(PoisonError::into_inner);
        for (who, program) in &self.programs {
            if !cuts.contains(who) {
                program.line().up();
            }
        }
        if let Some(browser) = &self.browser {
            browser.line.up();
        }
    }

    pub(super) fn show_trouble(&self) {
        let cut = !self
            .cuts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty();
        let restarting = self.restarting.load(Ordering::SeqCst);
        let expired = self.encryption.as_ref().is_some_and(Encryption::is_expired);
        self.feed.update(|now| {
            let all = [
                (cut, "line"),
                (restarting, "broker"),
                (expired, "certificate"),
            ];
            now.trouble = all
                .into_iter()
                .filter_map(|(is, what)| is.then_some(what))
                .collect();
        });
    }

    /// Says on the terminal and in the list of packets what was done to the line.
    pub(super) fn note(&self, text: String) {
        self.feed.packets(vec![Row {
            at: clock(),
            who: "page",
            ..Row::line(text.clone())
        }]);
        let _ = self.gossip.send(Gossip::Trouble(text));
    }
}
