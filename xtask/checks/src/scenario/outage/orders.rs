//! The device obeys, as in step 4, as long as it hears its server.

use course::DEVICE;

use super::talk::KINDS;
use crate::actor::Actor;
use crate::findings::introduction::arrive;
use crate::findings::lamp::word;
use crate::findings::subscription::{SUBSCRIBES, subscribed_to};
use crate::queries;
use crate::scenario::commands::device::{ONLY_OBEYS, never_lit};
use crate::scenario::commands::nonsense::passes_over;
use crate::scenario::commands::orders::Orders;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

const OBEYS: &str = "obeys";

/// How many commands come at once.
const RUSH_OF: usize = 20;

/// Commands, against what its own sensor says, and messages that are none.
pub async fn orders(stage: &mut Stage) -> Result<(), Stop> {
    let device = stage.prepare(DEVICE, &[0]).await?;
    device.redact(|redaction| {
        redaction.no_board();
        redaction.no_console();
        redaction.no_messages_out();
    });
    stage.start(&device).await?;
    arrive(stage, &device).await?;
    let subscription = subscribed_to(&device, 0, KINDS).await;
    stage.insist(&device, SUBSCRIBES, subscription)?;
    stage.judge_seen(&device, ONLY_OBEYS, never_lit(&device));
    let mut orders = Orders::new(&device, stage.peer().await?, vec![stage.topic("commands")]);
    for (level, on) in [
        (0, true),
        (1023, false),
        (1023, true),
        (0, false),
        (299, true),
    ] {
        device.board.set_light(level);
        let obeyed = orders.obeyed(on).await?;
        stage.insist(&device, OBEYS, obeyed)?;
        let left = left_alone(&device, level, on).await;
        stage.insist(&device, ONLY_OBEYS, left)?;
    }
    let quiet = device.record.len();
    let rushed = orders.rush(RUSH_OF).await?;
    stage.insist(&device, OBEYS, rushed)?;
    device.redact(|redaction| redaction.leave_out(quiet..device.record.len()));
    let on = orders.obeyed(true).await?;
    stage.insist(&device, OBEYS, on)?;
    passes_over(stage, &device, &mut orders).await
}

/// Two rounds go by, and the sensor says the opposite.
async fn left_alone(device: &Actor, level: u16, on: bool) -> Result<(), Finding> {
    let start = device.record.len();
    for _ in 0..2 {
        // Who does not look any more is told so elsewhere.
        let _ = device.look().await;
    }
    let other = device
        .record
        .look(|entries| queries::leds(&entries[start..]).any(|led| led != on));
    if !other {
        return Ok(());
    }
    Err(Finding::new(
        format!(
            "light {level}, and the command led_on {}: LED {}",
            on,
            word(on)
        ),
        format!("the LED was switched {} without a command", word(!on)),
    )
    .hint(
        "As long as the server is heard, it decides. The device decides by itself only when it has \
         heard no command and no answer for `settings.alone_after`.",
    ))
}
