//! TCP/IP on the network card.

use embassy_executor::Spawner;
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Runner, Stack, StackResources, StaticConfigV4};
use static_cell::StaticCell;

use crate::executor;
use crate::lan9118::Lan9118;

/// The address of QEMU's only guest. A network of people would give it one (DHCP).
const OURS: Ipv4Address = Ipv4Address::new(10, 0, 2, 15);
const PREFIX: u8 = 24;
/// The computer that runs QEMU.
const GATEWAY: Ipv4Address = Ipv4Address::new(10, 0, 2, 2);

/// One for MQTT, one to spare.
const SOCKETS: usize = 2;

/// Starts it. From `seed` follows what should be another number at each start, as the first port.
pub fn start(spawner: Spawner, seed: u64) -> Stack<'static> {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();

    let config = Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(OURS, PREFIX),
        gateway: Some(GATEWAY),
        dns_servers: Default::default(),
    });
    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) = embassy_net::new(Lan9118::start(), config, resources, seed);
    executor::start(spawner, run(runner));
    stack
}

#[embassy_executor::task]
async fn run(mut runner: Runner<'static, Lan9118>) {
    runner.run().await
}
