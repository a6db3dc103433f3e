//! What is said of the nodes.

use std::fmt::Write;

use rabbitmq::{Cluster, Node};

/// Before there is anything to see: nodes take their time.
pub fn starting(count: usize) -> String {
    match count {
        1 => "Starting a node of RabbitMQ …\n".to_owned(),
        _ => format!(
            "Starting {count} nodes of RabbitMQ, one after the other: some seconds each …\n"
        ),
    }
}

/// Who is who, and what can be done.
pub fn nodes(cluster: &Cluster) -> String {
    let mut words = String::from("One broker of these nodes listens, on this machine only:\n");
    for node in cluster.nodes() {
        let _ = writeln!(
            words,
            "  {}  mqtt://{}   ws://{}/ws   AMQP at {}",
            node.number, node.mqtt, node.web, node.amqp
        );
    }
    let urls: Vec<String> = cluster.nodes().iter().map(url).collect();
    let _ = writeln!(
        words,
        "What is published on one reaches subscribers on all. A step's programs on different nodes:\n  \
         cargo xtask check step4 --solutions --broker {}\n\
         Type a node's number and Enter to kill it, as a power cut does. Ctrl-C ends all of them, and \
         what they keep is gone.",
        urls.join(",")
    );
    words
}

fn url(node: &Node) -> String {
    format!("mqtt://{}", node.mqtt)
}

/// A node is gone.
pub fn gone(name: &str, cluster: &Cluster) -> String {
    let left: Vec<String> = cluster
        .nodes()
        .iter()
        .map(|node| node.number.to_string())
        .collect();
    match left.is_empty() {
        true => format!("{name} is gone. No node is left.\n"),
        false => format!("{name} is gone. Left: {}.\n", left.join(", ")),
    }
}

/// Something else was typed.
pub fn not_understood(cluster: &Cluster) -> String {
    let left: Vec<String> = cluster
        .nodes()
        .iter()
        .map(|node| node.number.to_string())
        .collect();
    format!(
        "Type the number of a node that runs: {}.\n",
        left.join(", ")
    )
}
