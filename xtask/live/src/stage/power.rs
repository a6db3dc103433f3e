//! Programs that are started, and devices whose power is taken away and given back.

use super::{Instance, Stage, Trouble};
use course::{DEVICE, ProgramId, SERVER};

impl Stage {
    /// Starts a program that has ended. Of several devices it is the one of that name.
    ///
    /// # Errors
    /// When it runs, or does not start.
    pub async fn start_again(&self, who: ProgramId, device: Option<&str>) -> Result<(), Trouble> {
        for instance in self.instances(Some(who), device)? {
            self.programs[&instance].start_again().await?;
            if let (Some(stadium), Some(device)) = (&self.stadium, &instance.device) {
                stadium.show_power(device, false);
            }
        }
        Ok(())
    }

    /// Takes a device's power away: its program ends without a word. Of several it is the one of
    /// that name.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn unplug(&self, device: Option<&str>) -> Result<(), Trouble> {
        for instance in self.instances(Some(DEVICE), device)? {
            self.programs[&instance].kill().await?;
            if let (Some(stadium), Some(device)) = (&self.stadium, &instance.device) {
                stadium.show_power(device, true);
            }
            self.note(format!("{instance} was unplugged."));
        }
        Ok(())
    }

    /// Gives a device its power again. What it has in files is still there.
    ///
    /// # Errors
    /// When it runs, or does not start.
    pub async fn plug_in(&self, device: Option<&str>) -> Result<(), Trouble> {
        for instance in self.instances(Some(DEVICE), device)? {
            self.start_again(instance.who, instance.device.as_deref())
                .await?;
            self.note(format!("{instance} was plugged in again."));
        }
        Ok(())
    }

    /// Those that are meant, at least one: all, all of a program, or one device.
    pub(super) fn instances(
        &self,
        who: Option<ProgramId>,
        device: Option<&str>,
    ) -> Result<Vec<Instance>, Trouble> {
        let is = |instance: &&Instance| {
            // The page calls a server whatever stands in its place.
            let plays = |who| instance.who == who || who == SERVER && instance.who != DEVICE;
            who.is_none_or(plays)
                && device.is_none_or(|device| instance.device.as_deref() == Some(device))
        };
        let meant: Vec<Instance> = self.programs.keys().filter(is).cloned().collect();
        if meant.is_empty() {
            let name = device.or(who.map(ProgramId::name)).unwrap_or("program");
            return Err(Trouble::NoProgram(name.to_owned()));
        }
        Ok(meant)
    }
}
