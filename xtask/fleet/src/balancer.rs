//! A load balancer: one address for all nodes, which leads each new connection to one that lives.

use std::net::SocketAddr;
use std::sync::Arc;

use arena::loopback;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Where a new connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// To the first node that answers.
    First,
    /// To the next one that answers, round and round.
    Next,
}

/// Dropped, it ends all connections.
#[derive(Debug)]
pub struct Balancer {
    address: SocketAddr,
    served: watch::Receiver<usize>,
    _serving: JoinSet<()>,
}

impl Balancer {
    /// Opens one on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub async fn open(nodes: Vec<SocketAddr>, turn: Turn) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(loopback::at(0)).await?;
        let address = listener.local_addr()?;
        let (count, served) = watch::channel(0);
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, nodes.into(), turn, count));
        Ok(Self {
            address,
            served,
            _serving: serving,
        })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it has led so many connections anywhere.
    pub async fn has_served(&self, connections: usize) {
        let mut served = self.served.clone();
        // An error means that it is gone, and the rest with it.
        let _ = served.wait_for(|served| *served >= connections).await;
    }
}

async fn serve(
    listener: TcpListener,
    nodes: Arc<[SocketAddr]>,
    turn: Turn,
    count: watch::Sender<usize>,
) {
    let mut leading = JoinSet::new();
    loop {
        tokio::select! {
            client = listener.accept() => {
                // Out of files, say: whoever asks will ask again.
                let Ok((client, _)) = client else { continue };
                let first = match turn {
                    Turn::First => 0,
                    Turn::Next => *count.borrow(),
                };
                count.send_modify(|count| *count += 1);
                leading.spawn(lead(client, Arc::clone(&nodes), first));
            }
            Some(_) = leading.join_next() => {}
        }
    }
}

async fn lead(mut client: TcpStream, nodes: Arc<[SocketAddr]>, first: usize) {
    for place in 0..nodes.len() {
        let address = nodes[(first + place) % nodes.len()];
        if let Ok(mut node) = TcpStream::connect(address).await {
            // Small packets that answer each other lose no time.
            let _ = (client.set_nodelay(true), node.set_nodelay(true));
            let _ = copy_bidirectional(&mut client, &mut node).await;
            return;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn node() -> TcpListener {
        TcpListener::bind(loopback::at(0)).await.unwrap()
    }

    /// Connects through the balancer, and speaks to whoever is there at this node.
    async fn reaches(node: &TcpListener, balancer: &Balancer) -> TcpStream {
        let mut client = TcpStream::connect(balancer.address()).await.unwrap();
        let (mut served, _) = node.accept().await.unwrap();
        served.write_all(b"hello").await.unwrap();
        client.read_exact(&mut [0; 5]).await.unwrap();
        client
    }

    #[tokio::test]
    async fn who_comes_again_finds_a_node_that_lives() {
        let (first, second) = (node().await, node().await);
        let nodes = vec![first.local_addr().unwrap(), second.local_addr().unwrap()];
        let balancer = Balancer::open(nodes, Turn::First).await.unwrap();
        let mut client = reaches(&first, &balancer).await;
        // What it had served ends with it.
        assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
        drop(first);
        reaches(&second, &balancer).await;
        balancer.has_served(2).await;
    }

    #[tokio::test]
    async fn nodes_take_turns() {
        let (first, second) = (node().await, node().await);
        let nodes = vec![first.local_addr().unwrap(), second.local_addr().unwrap()];
        let balancer = Balancer::open(nodes, Turn::Next).await.unwrap();
        for node in [&first, &second, &first] {
            reaches(node, &balancer).await;
        }
    }
}
