//! Connections, each carried to the server on one of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::ledger::{Ledger, Way};
use crate::segments::Probe;

/// The most that is read at once, in bytes: more than anybody sends here.
const PIECE: usize = 64 * 1024;

pub async fn carry(listener: TcpListener, server: SocketAddr, ledger: Arc<Ledger>) {
    // Dropped with this future, and everything on the line with it.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        if !ledger.is_down() {
            connections.spawn(carry_one(client, server, Arc::clone(&ledger)));
        }
    }
}

async fn carry_one(client: TcpStream, server: SocketAddr, ledger: Arc<Ledger>) {
    let mut cuts = ledger.cuts();
    // Accepted before it is known whether the server does: a device sees a broken connection then.
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    // Where it cannot be set, packets are fewer and come later: nothing is wrong with the bytes.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let number = ledger.open(Probe::on(&client));
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    let both = async {
        tokio::join!(
            pump(from_client, to_server, &ledger, number, Way::Up),
            pump(from_server, to_client, &ledger, number, Way::Down),
        )
    };
    tokio::select! {
        _ = both => {}
        _ = cuts.changed() => {}
    }
    ledger.close(number);
}

/// One direction. Held pieces do not hold up those that are read meanwhile.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    ledger: &Ledger,
    number: u64,
    way: Way,
) {
    let (later, mut due) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let reading = async move {
        let mut piece = vec![0; PIECE];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            if let Some(delay) = ledger.pass(number, way, length) {
                let bytes = piece[..length].to_vec();
                let _ = later.send((Instant::now() + delay, bytes));
            }
        }
    };
    let writing = async move {
        while let Some((at, bytes)) = due.recv().await {
            if at > Instant::now() {
                sleep_until(at).await;
            }
            if to.write_all(&bytes).await.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}
