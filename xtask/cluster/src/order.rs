//! What is typed: the number of a node that is to be killed.

use rabbitmq::Cluster;
use tokio::sync::mpsc;

/// Lines of standard input.
#[derive(Debug)]
pub struct Orders(mpsc::UnboundedReceiver<String>);

impl Orders {
    /// Listens from now on, in a thread of its own: reading a terminal cannot be given up.
    pub fn listen() -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        Self(told)
    }

    /// Waits for the next one. The end of the input ends nothing.
    pub async fn next(&mut self) -> String {
        match self.0.recv().await {
            Some(line) => line,
            None => std::future::pending().await,
        }
    }
}

/// The place of the node that this line means.
pub fn meant(line: &str, cluster: &Cluster) -> Option<usize> {
    let line = line.trim();
    let mut nodes = cluster.nodes().iter();
    nodes.position(|node| node.number.to_string() == line)
}
