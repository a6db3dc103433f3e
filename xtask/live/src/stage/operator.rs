//! What somebody at the page says to the programs: an operator's orders, and a message once more.

use super::{Gossip, Instance, Stage, Trouble};
use crate::feed::{Printed, clock};
use course::DEVICE;

/// The longest line that an operator types, in characters.
pub(crate) const LONGEST_LINE: usize = 200;

impl Stage {
    /// Types a line to the program that takes orders. Page and terminal show it, as a terminal does.
    ///
    /// # Errors
    /// When there is none, or it has ended.
    pub async fn type_order(&self, line: &str) -> Result<(), Trouble> {
        let mut programs = self.programs.iter();
        let operated = programs.find(|(_, program)| program.takes_orders());
        let (who, program) = operated.ok_or(Trouble::NobodyTakesOrders)?;
        // A line break would be a second order.
        let line: String = line.chars().filter(|letter| !letter.is_control()).collect();
        program.type_line(&line).await?;
        self.show_typed(who, format!("> {line}"));
        Ok(())
    }

    fn show_typed(&self, who: &Instance, text: String) {
        let _ = self.gossip.send(Gossip::Printed {
            who: who.clone(),
            error: false,
            text: text.clone(),
        });
        self.feed.lines(vec![Printed {
            number: 0,
            at: clock(),
            who: who.who,
            device: None,
            error: false,
            text,
        }]);
    }

    /// Publishes once more what the device has told last.
    ///
    /// # Errors
    /// When it has told nothing yet, or too much to be seen whole; or there is no broker to send it
    /// to.
    pub fn repeat_telemetry(&self) -> Result<(), Trouble> {
        let topic = format!("{}/telemetry", self.id);
        let told = self.feed.last_message(DEVICE.name(), &topic);
        let payload = told.ok_or(Trouble::NothingToRepeat)?;
        self.publish(&topic, &payload)?;
        let _ = self.gossip.send(Gossip::Trouble(format!(
            "The page sent the last message of the device once more: {payload}"
        )));
        Ok(())
    }
}
