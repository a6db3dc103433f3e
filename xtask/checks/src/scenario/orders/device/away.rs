//! Tasks are given while the device is away. The broker keeps them, over its own restart too, and the
//! device does them when it is back.

use super::errand::Errand;
use super::ledger::{DOES, ONCE};
use crate::stage::{Stage, Stop};

/// How many tasks wait for it, an even number: more than rumqttc reads ahead.
const WAITING: usize = 14;

/// It leaves with a goodbye, and later without one. The second time the broker is restarted meanwhile.
pub async fn away(stage: &mut Stage) -> Result<(), Stop> {
    stage.broker_has_a_store().await?;
    let mut errand = Errand::unrecorded(stage).await?;
    errand.give(2).await?;
    errand.is_done(stage).await?;
    for killed in [false, true] {
        if killed {
            errand.device.kill().await;
        } else {
            errand.device.leave().await;
        }
        let done = errand.due.len();
        errand.give(WAITING).await?;
        if killed {
            stage.broker.restart().await?;
        }
        let waiting = errand.due.split_off(done);
        let next = errand.again(stage, &waiting).await?;
        next.device.redact(|redaction| redaction.nothing());
        stage.start(&next.device).await?;
        next.comes(stage).await?;
        next.is_done(stage).await?;
        errand = next;
    }
    stage.pass(&errand.device, DOES);
    stage.pass(&errand.device, ONCE);
    Ok(())
}
