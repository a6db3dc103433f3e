//! What readings cost: the first one, each further one, and one that opens a connection for itself.

use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};

use crate::READING;
use crate::protocol::{Device, Protocol, Service};
use crate::relay::{Layer, Relay};
use crate::traffic::Average;

/// How long anything may take that should take a moment.
pub const LIMIT: Duration = Duration::from_secs(20);

/// How often round trips are counted.
const TRIES: usize = 3;

/// How often the others get their turn before anything is counted.
const TURNS: usize = 20;

/// How much is sent, and how fast.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many readings, and how many commands; at least two.
    pub messages: usize,
    /// From one to the next. TCP acknowledges what nothing answers only after a while, on Linux 40
    /// ms: sent faster, messages would share their acknowledgements.
    pub pace: Duration,
    /// How long each direction is delayed where round trips are counted. A busy machine must not
    /// take half as long twice.
    pub delay: Duration,
}

impl Plan {
    /// What the guide's tables are recorded with.
    pub const FULL: Self = Self {
        messages: 100,
        pace: Duration::from_millis(60),
        delay: Duration::from_millis(100),
    };
}

impl Plan {
    /// From one message to the next. What was sent before is counted afterwards.
    pub(crate) async fn rest(&self) {
        sleep(self.pace).await;
        // On a busy machine the time may be over before the relay has had its turn.
        for _ in 0..TURNS {
            yield_now().await;
        }
    }
}

/// What was counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// What it stands on.
    pub layer: Layer,
    /// Until the first reading has arrived, the connection included.
    pub first: Average,
    /// Round trips until the device knows that it has; where the protocol does not say so, until it
    /// is sent.
    pub first_trips: u64,
    /// Each further reading on the same connection.
    pub further: Average,
    /// Round trips for it.
    pub further_trips: u64,
    /// A reading with a connection of its own, from opening to closing it.
    pub alone: Average,
}

/// Counts what readings cost.
///
/// # Errors
/// When an end does not start, the connection is lost, or a reading does not arrive.
pub async fn of<P: Protocol>(protocol: &P, plan: &Plan) -> anyhow::Result<Cost> {
    let (first, further) = kept(protocol, plan).await?;
    let (first_trips, further_trips) = round_trips(protocol, plan).await?;
    let alone = alone(protocol, plan).await?;
    Ok(Cost {
        layer: protocol.layer(),
        first,
        first_trips,
        further,
        further_trips,
        alone,
    })
}

async fn kept<P: Protocol>(protocol: &P, plan: &Plan) -> anyhow::Result<(Average, Average)> {
    ensure!(
        plan.messages > 1,
        "with one message there is no further one"
    );
    let mut service = protocol.serve().await?;
    let relay = Relay::open(protocol.layer(), service.address()).await?;
    let mut device = soon("to connect", protocol.connect(relay.address())).await?;
    one(&mut device, &mut service).await?;
    plan.rest().await;
    let first = relay.traffic();
    let further = plan.messages - 1;
    for _ in 0..further {
        one(&mut device, &mut service).await?;
        plan.rest().await;
    }
    let rest = relay.traffic() - first;
    Ok((first.each_of(1), rest.each_of(further)))
}

/// A reading that arrives.
async fn one(device: &mut impl Device, service: &mut impl Service) -> anyhow::Result<()> {
    soon("to send a reading", device.send(READING)).await?;
    let arrived = soon("for a reading to arrive", service.arrived()).await?;
    ensure!(
        arrived == READING,
        "another reading has arrived: {}",
        String::from_utf8_lossy(&arrived)
    );
    Ok(())
}

/// How many times `delay` the line adds, there and back: what both ends take for themselves is
/// measured without a delay, and taken off. Of several tries the shortest counts: a busy machine
/// makes some longer, and none shorter.
async fn round_trips<P: Protocol>(protocol: &P, plan: &Plan) -> anyhow::Result<(u64, u64)> {
    let mut at_once = Waits::LONGEST;
    let mut delayed = Waits::LONGEST;
    for _ in 0..TRIES {
        at_once = at_once.shorter(waits(protocol, Duration::ZERO).await?);
        delayed = delayed.shorter(waits(protocol, plan.delay).await?);
    }
    let trips = |delayed: Duration, at_once: Duration| {
        let added = delayed.saturating_sub(at_once).as_secs_f64();
        (added / (2.0 * plan.delay.as_secs_f64())).round() as u64
    };
    let opening = protocol.layer().opening();
    Ok((
        opening + trips(delayed.first, at_once.first),
        trips(delayed.further, at_once.further),
    ))
}

/// How long a device waits until it knows that a reading has arrived.
#[derive(Clone, Copy, Debug)]
struct Waits {
    /// With the connection.
    first: Duration,
    /// On the same one.
    further: Duration,
}

impl Waits {
    const LONGEST: Self = Self {
        first: Duration::MAX,
        further: Duration::MAX,
    };

    fn shorter(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            further: self.further.min(other.further),
        }
    }
}

async fn waits<P: Protocol>(protocol: &P, delay: Duration) -> anyhow::Result<Waits> {
    let mut service = protocol.serve().await?;
    let relay = Relay::open(protocol.layer(), service.address()).await?;
    relay.delay(delay);
    let begun = Instant::now();
    let mut device = soon("to connect", protocol.connect(relay.address())).await?;
    soon("to send a reading", device.send(READING)).await?;
    let first = begun.elapsed();
    soon("for a reading to arrive", service.arrived()).await?;
    // Until nothing more is under way that belongs to the connection's beginning.
    sleep(3 * delay).await;
    let begun = Instant::now();
    soon("to send a reading", device.send(READING)).await?;
    let further = begun.elapsed();
    Ok(Waits { first, further })
}

async fn alone<P: Protocol>(protocol: &P, plan: &Plan) -> anyhow::Result<Average> {
    let mut service = protocol.serve().await?;
    let relay = Relay::open(protocol.layer(), service.address()).await?;
    // The first is not counted: where TLS takes up an earlier connection, there is none before.
    let mut before = relay.traffic();
    for number in 0..=plan.messages {
        let mut device = soon("to connect", protocol.connect(relay.address())).await?;
        one(&mut device, &mut service).await?;
        soon("to say goodbye", device.close()).await?;
        relay.all_closed(LIMIT).await;
        if number == 0 {
            before = relay.traffic();
        }
    }
    plan.rest().await;
    Ok((relay.traffic() - before).each_of(plan.messages))
}

/// What should take a moment, and takes at most [`LIMIT`].
pub(crate) async fn soon<T>(
    what: &str,
    doing: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    timeout(LIMIT, doing)
        .await
        .with_context(|| format!("it took more than {} s {what}", LIMIT.as_secs()))?
        .with_context(|| format!("failed {what}"))
}
