//! Step 5: TO WRITE: what its scenes tell, in a sentence.

use course::DEVICE;

use crate::call::Shape;
use crate::findings::introduction::arrive;
use crate::findings::outage;
use crate::stage::{Scene, Stage, Stop};

pub(super) const SCENES: &[Scene] = &[
    Scene::new("online", Shape::Guid, |stage| Box::pin(online(stage))),
    Scene::new("outage", Shape::Short, |stage| Box::pin(outage(stage))),
];

/// The program comes online, and does what is new.
async fn online(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.enter(DEVICE, &[250]).await?;
    arrive(stage, &device).await?;
    // TO WRITE: what happens now, what must be seen then, and what it means for the criterion
    // `new`: `stage.judge(&device, "new", …)`.
    Ok(())
}

/// The broker restarts while nobody watches.
async fn outage(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.enter(DEVICE, &[250]).await?;
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
    });
    arrive(stage, &device).await?;
    let down = outage::go_down(stage, &device).await?;
    down.is_refused(stage, &device).await?;
    down.is_over(stage, &device).await?;
    Ok(())
}
