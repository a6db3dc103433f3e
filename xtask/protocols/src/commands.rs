//! What commands cost a device that is connected and listens.

use anyhow::ensure;

use crate::COMMAND;
use crate::cost::{Plan, soon};
use crate::protocol::{Listener, Protocol, Service};
use crate::relay::{Layer, Relay};
use crate::traffic::Average;

/// What was counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// What it stands on.
    pub layer: Layer,
    /// Each command on a connection that is open and has heard one.
    pub each: Average,
}

/// Counts what commands cost.
///
/// # Errors
/// When an end does not start, the connection is lost, or a command does not arrive.
pub async fn cost<P: Protocol>(protocol: &P, plan: &Plan) -> anyhow::Result<Cost> {
    let mut service = protocol.serve().await?;
    let relay = Relay::open(protocol.layer(), service.address()).await?;
    let mut listener = soon("to listen", protocol.listen(relay.address())).await?;
    let mut before = relay.traffic();
    for number in 0..=plan.messages {
        let told = async {
            let (heard, told) = tokio::join!(listener.command(), service.command(COMMAND));
            told?;
            heard
        };
        let heard = soon("for a command to arrive", told).await?;
        ensure!(
            heard == COMMAND,
            "another command has arrived: {}",
            String::from_utf8_lossy(&heard)
        );
        plan.rest().await;
        if number == 0 {
            before = relay.traffic();
        }
    }
    Ok(Cost {
        layer: protocol.layer(),
        each: (relay.traffic() - before).each_of(plan.messages),
    })
}
