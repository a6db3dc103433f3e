//! Readings and commands while nothing is wrong.

use protocols::cost::{self, Plan};
use protocols::mqtt::Session;
use protocols::mqtt::v3::Mqtt3;
use protocols::mqtt::v5::Mqtt5;
use protocols::report::Report;
use protocols::{Protocol, commands};
use rumqttc::QoS;
use rumqttc::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};

use super::Case;
use crate::amqp::{Amqp1, Amqp091, Answer, Queues};
use crate::coap::{Coap, Kind, Memory};
use crate::http::{Asking, Headers, Http, Version};
use crate::servers::Servers;
use crate::tls::Again;

const PROMISES: [(QoS, &str); 3] = [
    (AtMostOnce, "QoS 0"),
    (AtLeastOnce, "QoS 1"),
    (ExactlyOnce, "QoS 2"),
];

/// All of them.
pub fn all(servers: &Servers, plan: Plan) -> anyhow::Result<Vec<Case>> {
    let mut cases = mqtt(servers, plan);
    cases.extend(mqtt_over_others(servers, plan)?);
    cases.extend(http(servers, plan)?);
    cases.extend(amqp(servers, plan));
    for (kind, name) in [
        (Kind::Confirmable, "CoAP, confirmable"),
        (Kind::NonConfirmable, "CoAP, non-confirmable"),
    ] {
        let memory = Memory::Remembers;
        cases.push(both(name, Coap { kind, memory }, plan, "observed"));
    }
    Ok(cases)
}

fn mqtt(servers: &Servers, plan: Plan) -> Vec<Case> {
    let mut cases = Vec::new();
    for (qos, promise) in PROMISES {
        let name = format!("MQTT 3.1.1, {promise}");
        cases.push(both(&name, Mqtt3(servers.plain(qos)), plan, ""));
    }
    for (qos, promise) in PROMISES {
        let name = format!("MQTT 5, {promise}");
        let session = servers.plain(qos);
        let has_alias = false;
        cases.push(both(&name, Mqtt5 { session, has_alias }, plan, ""));
    }
    for (qos, promise) in &PROMISES[..2] {
        let name = format!("MQTT 5, {promise}, a number for the topic");
        let session = servers.plain(*qos);
        let has_alias = true;
        cases.push(readings(&name, Mqtt5 { session, has_alias }, plan));
    }
    cases
}

fn mqtt_over_others(servers: &Servers, plan: Plan) -> anyhow::Result<Vec<Case>> {
    let name = |over: &str| format!("MQTT 3.1.1, QoS 1, {over}");
    let over = |session: Session, words: &str| both(&name(words), Mqtt3(session), plan, "");
    let mut cases = Vec::new();
    cases.extend(
        servers
            .over_websocket(AtLeastOnce)
            .map(|session| over(session, "WebSocket")),
    );
    cases.extend(
        servers
            .over_tls(AtLeastOnce, Again::Never)?
            .map(|session| over(session, "TLS 1.3")),
    );
    if let Some(session) = servers.over_tls(AtLeastOnce, Again::Resumed)? {
        cases.push(readings(&name("TLS 1.3 resumed"), Mqtt3(session), plan));
    }
    Ok(cases)
}

fn http(servers: &Servers, plan: Plan) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for (version, name) in [(Version::One, "HTTP/1.1"), (Version::Two, "HTTP/2")] {
        let least = Http::plain(version);
        let usual = Http {
            headers: Headers::Usual,
            ..least.clone()
        };
        let in_vain = Http {
            asking: Asking::InVain,
            ..least.clone()
        };
        let encrypted = |again| least.clone().over_tls(&servers.trust, again);
        let polled = "long polling";
        cases.push(both(name, least.clone(), plan, polled));
        cases.push(told(&format!("{name}, a question in vain"), in_vain, plan));
        let named = format!("{name}, usual headers and a token");
        cases.push(both(&named, usual, plan, polled));
        let named = format!("{name}, TLS 1.3");
        cases.push(both(&named, encrypted(Again::Never)?, plan, polled));
        let named = format!("{name}, TLS 1.3 resumed");
        cases.push(readings(&named, encrypted(Again::Resumed)?, plan));
    }
    Ok(cases)
}

fn amqp(servers: &Servers, plan: Plan) -> Vec<Case> {
    let Some(rabbit) = &servers.rabbit else {
        return Vec::new();
    };
    let broker = rabbit.nodes()[0].amqp;
    let mut cases = Vec::new();
    for (number, answer, name) in [
        (1, Answer::Confirmed, "AMQP 0-9-1, confirmed"),
        (2, Answer::None, "AMQP 0-9-1, not confirmed"),
    ] {
        let queues = Queues(number);
        let protocol = Amqp091 {
            broker,
            queues,
            answer,
        };
        cases.push(both(name, protocol, plan, ""));
    }
    for (number, answer, name) in [
        (3, Answer::Confirmed, "AMQP 1.0, settled by the receiver"),
        (4, Answer::None, "AMQP 1.0, settled by the sender"),
    ] {
        let queues = Queues(number);
        let protocol = Amqp1 {
            broker,
            queues,
            answer,
        };
        cases.push(both(name, protocol, plan, ""));
    }
    cases
}

/// Readings, then commands; `how` says in a word how it hears of these.
fn both(name: &str, protocol: impl Protocol + 'static, plan: Plan, how: &str) -> Case {
    let named = name.to_owned();
    let heard = if how.is_empty() {
        named.clone()
    } else {
        format!("{name}, {how}")
    };
    Case::new(name, async move {
        Ok(Report {
            readings: vec![(named, cost::of(&protocol, &plan).await?)],
            commands: vec![(heard, commands::cost(&protocol, &plan).await?)],
            ..Report::default()
        })
    })
}

fn readings(name: &str, protocol: impl Protocol + 'static, plan: Plan) -> Case {
    let named = name.to_owned();
    Case::new(name, async move {
        Ok(Report {
            readings: vec![(named, cost::of(&protocol, &plan).await?)],
            ..Report::default()
        })
    })
}

fn told(name: &str, protocol: impl Protocol + 'static, plan: Plan) -> Case {
    let named = name.to_owned();
    Case::new(name, async move {
        Ok(Report {
            commands: vec![(named, commands::cost(&protocol, &plan).await?)],
            ..Report::default()
        })
    })
}
