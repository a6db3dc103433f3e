//! Packets by themselves. Whoever sends from one address is one device, and keeps its socket to the
//! server.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arena::loopback;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::ledger::{Ledger, Way};

/// The longest datagram, in bytes.
const LONGEST: usize = 64 * 1024;

pub async fn carry(entrance: UdpSocket, server: SocketAddr, ledger: Arc<Ledger>) {
    let entrance = Arc::new(entrance);
    // UDP has no connections: one account is enough.
    let account = ledger.open(None);
    let mut exits: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
    let mut answers = JoinSet::new();
    let mut datagram = vec![0; LONGEST];
    loop {
        // An earlier datagram may have found nobody there: that is no reason to stop.
        let Ok((length, device)) = entrance.recv_from(&mut datagram).await else {
            continue;
        };
        let Some(delay) = ledger.pass(account, Way::Up, length) else {
            continue;
        };
        let exit = match exits.get(&device) {
            Some(exit) => Arc::clone(exit),
            None => {
                let Ok(exit) = exit(server).await else {
                    continue;
                };
                exits.insert(device, Arc::clone(&exit));
                answers.spawn(answer(
                    Arc::clone(&exit),
                    Arc::clone(&entrance),
                    device,
                    Arc::clone(&ledger),
                    account,
                ));
                exit
            }
        };
        let bytes = datagram[..length].to_vec();
        answers.spawn(async move {
            hold(delay).await;
            let _ = exit.send(&bytes).await;
        });
    }
}

async fn exit(server: SocketAddr) -> std::io::Result<Arc<UdpSocket>> {
    let exit = UdpSocket::bind(loopback::at(0)).await?;
    exit.connect(server).await?;
    Ok(Arc::new(exit))
}

/// Takes to `device` what the server says.
async fn answer(
    exit: Arc<UdpSocket>,
    entrance: Arc<UdpSocket>,
    device: SocketAddr,
    ledger: Arc<Ledger>,
    account: u64,
) {
    let mut datagram = vec![0; LONGEST];
    loop {
        let Ok(length) = exit.recv(&mut datagram).await else {
            continue;
        };
        if let Some(delay) = ledger.pass(account, Way::Down, length) {
            hold(delay).await;
            let _ = entrance.send_to(&datagram[..length], device).await;
        }
    }
}

async fn hold(delay: Duration) {
    if !delay.is_zero() {
        sleep(delay).await;
    }
}
