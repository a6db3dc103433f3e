//! What is certain of MQTT is counted exactly: its bytes follow from the standard, and so does what
//! arrives after an outage.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::env;
use std::time::Duration;

use arena::broker::{Broker, BrokerChoice};
use protocols::cost::{self, Plan};
use protocols::mqtt::v3::Mqtt3;
use protocols::mqtt::v5::Mqtt5;
use protocols::mqtt::{COMMANDS, Queue, READINGS, Session};
use protocols::outage::{self, Arrived, Pace};
use protocols::{COMMAND, READING, commands};
use rumqttc::QoS;
use rumqttc::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};

/// Packets may share acknowledgements when they come so fast; the protocol's bytes are the same.
const FAST: Plan = Plan {
    messages: 3,
    pace: Duration::from_millis(1),
    delay: Duration::from_millis(20),
};

/// A device has time to notice that the line is lost.
const BRISK: Pace = Pace {
    step: Duration::from_millis(20),
    quiet: Duration::from_secs(1),
};

/// MQTT 3.1.1, section 3.3: a header of two bytes, the topic's length, the topic, the payload.
const PUBLISH: f64 = (2 + 2 + READINGS.len() + READING.len()) as f64;

/// The packet identifier of QoS 1 and 2 (section 2.3.1).
const IDENTIFIER: f64 = 2.0;

/// PUBACK, PUBREC, PUBREL and PUBCOMP (sections 3.4 to 3.7).
const ACK: f64 = 4.0;

/// Section 3.1: a header of two bytes, ten of protocol, level, flags and time, and the name.
const CONNECT: f64 = (2 + 10 + 2 + "d1nightlight".len()) as f64;

const CONNACK: f64 = 4.0;
const DISCONNECT: f64 = 2.0;

/// The kit's, and Mosquitto where it is installed.
async fn brokers() -> Vec<BrokerChoice> {
    let mut brokers = vec![BrokerChoice::Embedded];
    match Broker::start(&BrokerChoice::Mosquitto).await {
        Ok(_) => brokers.push(BrokerChoice::Mosquitto),
        Err(error) => assert!(env::var_os("NIGHTLIGHT_NO_SKIP").is_none(), "{error:#}"),
    }
    brokers
}

#[tokio::test]
async fn readings_cost_what_the_standard_says() {
    for choice in brokers().await {
        for (qos, up, down) in [
            (AtMostOnce, PUBLISH, 0.0),
            (AtLeastOnce, PUBLISH + IDENTIFIER, ACK),
            (ExactlyOnce, PUBLISH + IDENTIFIER + ACK, 2.0 * ACK),
        ] {
            let protocol = Mqtt3(Session::plain(choice.clone(), qos));
            let cost = cost::of(&protocol, &FAST).await.unwrap();
            let each = [cost.first, cost.further, cost.alone].map(|each| (each.up, each.down));
            let expected = [
                (CONNECT + up, CONNACK + down),
                (up, down),
                (CONNECT + up + DISCONNECT, CONNACK + down),
            ];
            assert_eq!(each, expected, "{choice}, {qos:?}");
        }
    }
}

#[tokio::test]
async fn commands_cost_what_the_standard_says() {
    let publish = PUBLISH + COMMANDS.len() as f64 - READINGS.len() as f64 + COMMAND.len() as f64
        - READING.len() as f64;
    for choice in brokers().await {
        for (qos, up, down) in [
            (AtMostOnce, 0.0, publish),
            (AtLeastOnce, ACK, publish + IDENTIFIER),
            (ExactlyOnce, 2.0 * ACK, publish + IDENTIFIER + ACK),
        ] {
            let protocol = Mqtt3(Session::plain(choice.clone(), qos));
            let each = commands::cost(&protocol, &FAST).await.unwrap().each;
            assert_eq!((each.up, each.down), (up, down), "{choice}, {qos:?}");
        }
    }
}

/// MQTT 5, section 3.3.2.3: a byte for the length of the properties, three for an alias.
#[tokio::test]
async fn a_topic_alias_takes_the_place_of_the_topic() {
    for (has_alias, up) in [
        (false, PUBLISH + 1.0),
        (true, PUBLISH + 1.0 + 3.0 - READINGS.len() as f64),
    ] {
        let session = Session::plain(BrokerChoice::Embedded, AtMostOnce);
        let protocol = Mqtt5 { session, has_alias };
        let cost = cost::of(&protocol, &FAST).await.unwrap();
        assert_eq!((cost.further.up, cost.further.down), (up, 0.0));
    }
}

async fn after_an_outage(choice: &BrokerChoice, qos: QoS) -> Arrived {
    let session = Session::plain(choice.clone(), qos).kept();
    let protocol = Mqtt3(session.clone());
    let open = async |server| Ok(Queue::open(&session, server));
    outage::of_readings(&protocol, BRISK, open).await.unwrap()
}

#[tokio::test]
async fn at_least_once_repeats_what_was_not_answered_and_exactly_once_does_not() {
    for choice in brokers().await {
        let at_least_once = after_an_outage(&choice, AtLeastOnce).await;
        assert_eq!(at_least_once.lost(), [0; 0], "{choice}");
        assert_eq!(at_least_once.repeated(), 1, "{choice}");
        let exactly_once = after_an_outage(&choice, ExactlyOnce).await;
        assert_eq!(exactly_once.lost(), [0; 0], "{choice}");
        assert_eq!(exactly_once.repeated(), 0, "{choice}");
    }
}

/// What the guide says of MQTT over TCP can be counted again on any machine.
#[tokio::test]
async fn the_guides_table_says_the_same() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../transcripts/protocols/readings.snap"
    );
    let table = std::fs::read_to_string(file).unwrap();
    for (qos, name) in [
        (AtMostOnce, "MQTT 3.1.1, QoS 0"),
        (AtLeastOnce, "MQTT 3.1.1, QoS 1"),
        (ExactlyOnce, "MQTT 3.1.1, QoS 2"),
    ] {
        let protocol = Mqtt3(Session::plain(BrokerChoice::Embedded, qos));
        let cost = cost::of(&protocol, &FAST).await.unwrap();
        let row = table.lines().find_map(|line| {
            let cells: Vec<&str> = line.split(" | ").collect();
            (cells[0] == format!("| {name}")).then_some(cells)
        });
        let row = row.unwrap();
        let pair = |up: f64, down: f64| format!("{up} / {down}");
        assert_eq!(row[1], pair(cost.first.up, cost.first.down), "{name}");
        assert_eq!(row[3], pair(cost.further.up, cost.further.down), "{name}");
    }
}
