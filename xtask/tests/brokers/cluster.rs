//! What a cluster of RabbitMQ does from node to node, and what a node takes with it.

use std::env;
use std::net::SocketAddr;

use rabbitmq::{Cluster, Sessions};
use rumqttc::{AsyncClient, Event, Packet, QoS};

use super::client::{Client, options};
use super::recorded;

/// Says that RabbitMQ is not there, and fails where that is no excuse.
fn skipped() -> bool {
    let found = Cluster::is_here();
    if !found {
        let words = "SKIPPED: RabbitMQ is not installed";
        assert!(env::var_os("NIGHTLIGHT_NO_SKIP").is_none(), "{words}");
        eprintln!("{words}");
    }
    !found
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_takes_with_it_is_what_was_seen() {
    if skipped() {
        return;
    }
    // Fewer than three have no majority without one of them.
    let (two, three) = tokio::join!(
        Cluster::start(2, Sessions::OnOneNode),
        Cluster::start(3, Sessions::Replicated)
    );
    let (two, three) = (two.unwrap(), three.unwrap());
    let [first, second] = [0, 1].map(|place| two.nodes()[place].mqtt);
    let near = across(first, first).await;
    let far = across(first, second).await;
    let mut table = String::from("| | on the same node | on another node |\n|---|---|---|\n");
    for ((what, near), (_, far)) in near.into_iter().zip(far) {
        table += &format!("| {what} | {near} | {far} |\n");
    }
    recorded("cluster-nodes", &table);

    let (one, replicated) = tokio::join!(killed(two), killed(three));
    let mut table = String::from(
        "| when its node is killed | sessions on one node | sessions replicated |\n|---|---|---|\n",
    );
    for ((what, one), (_, replicated)) in one.into_iter().zip(replicated) {
        table += &format!("| {what} | {one} | {replicated} |\n");
    }
    recorded("cluster-killed", &table);
}

/// What is left of what clients had of the first node.
async fn killed(mut cluster: Cluster) -> Vec<(&'static str, String)> {
    let [first, second] = [0, 1].map(|place| cluster.nodes()[place].mqtt);
    let before = Before::see(first, second).await;
    cluster.kill(0).await;
    let seen = before.then(second).await;
    cluster.end().await;
    seen
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

/// Who talks at one node, and listens at the other. A last message on the same topic ends all doubts.
async fn across(here: SocketAddr, there: SocketAddr) -> Vec<(&'static str, String)> {
    let mut talker = Client::connect(here, "talker").await;
    let mut seen = Vec::new();

    let mut listener = Client::connect(there, "listener").await;
    listener.subscribe("news", QoS::AtLeastOnce).await;
    talker.publish("news", QoS::AtLeastOnce, false, "1").await;
    let heard = listener.hear().await;
    seen.push(("a message reaches a subscriber", yes(heard.payload == "1")));

    let twice = talker
        .client
        .try_publish("news", QoS::ExactlyOnce, false, "2");
    twice.unwrap();
    let mut answer = "";
    while answer.is_empty() {
        answer = match talker.events.poll().await.unwrap() {
            Event::Incoming(Packet::PubAck(_)) => "PUBACK, as QoS 1",
            Event::Incoming(Packet::PubRec(_)) => "PUBREC",
            _ => "",
        };
    }
    seen.push(("QoS 2 is answered with", answer.to_owned()));

    let topic = format!("kept/{}", there.port());
    talker.publish(&topic, QoS::AtLeastOnce, true, "kept").await;
    for (what, filter) in [
        (
            "a retained message comes to a late subscriber",
            topic.as_str(),
        ),
        ("the same, for a filter with a wildcard", "kept/+"),
    ] {
        let mut late = Client::connect(there, "late").await;
        late.subscribe(filter, QoS::AtLeastOnce).await;
        talker.publish(&topic, QoS::AtLeastOnce, false, "end").await;
        seen.push((what, yes(late.hear().await.payload == "kept")));
    }

    let mut away = Client::with_session(there, "away").await;
    away.subscribe("queue", QoS::AtLeastOnce).await;
    away.disconnect().await;
    for number in 0..20 {
        let number = number.to_string();
        talker
            .publish("queue", QoS::AtLeastOnce, false, &number)
            .await;
    }
    // It comes back to where the talker is.
    let mut back = Client::with_session(here, "away").await;
    back.subscribe("end", QoS::AtLeastOnce).await;
    talker.publish("end", QoS::AtLeastOnce, false, "").await;
    let heard = back.before("end").await.len();
    back.disconnect().await;
    Client::connect(here, "away").await;
    seen.push((
        "a session that is kept gets what came while it was away",
        format!("{heard} of 20"),
    ));

    let mut sharer = Client::connect(there, "sharer").await;
    sharer
        .subscribe("$share/group/shared", QoS::AtLeastOnce)
        .await;
    sharer.subscribe("shared/end", QoS::AtLeastOnce).await;
    talker.publish("shared", QoS::AtLeastOnce, false, "1").await;
    talker
        .publish("shared/end", QoS::AtLeastOnce, false, "")
        .await;
    let heard = sharer.before("shared/end").await;
    seen.push(("a subscription can be shared", yes(!heard.is_empty())));
    seen
}

/// What was there while the node was.
struct Before {
    listener: Client,
}

/// How a client subscribes, and whether its session is kept.
const SUBSCRIBERS: [(&str, QoS, bool); 3] = [
    (
        "a client with QoS 0 subscribes again elsewhere",
        QoS::AtMostOnce,
        false,
    ),
    (
        "a client with QoS 1 subscribes again elsewhere",
        QoS::AtLeastOnce,
        false,
    ),
    (
        "a client with a kept session goes on elsewhere",
        QoS::AtLeastOnce,
        true,
    ),
];

impl Before {
    async fn see(first: SocketAddr, second: SocketAddr) -> Self {
        for (place, (_, qos, keeps)) in SUBSCRIBERS.iter().enumerate() {
            let name = format!("subscriber{place}");
            let mut client = match keeps {
                true => Client::with_session(first, &name).await,
                false => Client::connect(first, &name).await,
            };
            client.subscribe("after", *qos).await;
            // It stays, as far as the node knows.
            tokio::spawn(async move { while client.events.poll().await.is_ok() {} });
        }
        let mut listener = Client::connect(second, "heir").await;
        listener.subscribe("will", QoS::AtLeastOnce).await;
        let mut mortal = Client::with_will(first, "mortal", "will").await;
        tokio::spawn(async move { while mortal.events.poll().await.is_ok() {} });
        Self { listener }
    }

    async fn then(mut self, left: SocketAddr) -> Vec<(&'static str, String)> {
        let mut talker = Client::connect(left, "newcomer").await;
        let mut seen = vec![("a new client is let in by the others", yes(true))];
        for (place, (what, qos, keeps)) in SUBSCRIBERS.into_iter().enumerate() {
            let name = format!("subscriber{place}");
            seen.push((what, yes(subscribes(left, &name, qos, keeps).await)));
        }
        talker.publish("will", QoS::AtLeastOnce, false, "end").await;
        let last = self.listener.hear().await;
        seen.push((
            "its clients' wills are published",
            yes(last.payload == "gone"),
        ));
        seen
    }
}

/// Whether the broker grants a subscription under this name, and does not end the connection instead.
async fn subscribes(at: SocketAddr, name: &str, qos: QoS, keeps_session: bool) -> bool {
    let mut options = options(at, name);
    options.set_clean_session(!keeps_session);
    let (client, mut events) = AsyncClient::new(options, 10);
    client.try_subscribe("after", qos).unwrap();
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                return answer
                    .return_codes
                    .iter()
                    .all(|code| matches!(code, rumqttc::SubscribeReasonCode::Success(_)));
            }
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}
