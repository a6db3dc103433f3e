//! Readings and commands while the line is cut.

use std::time::Duration;

use protocols::Protocol;
use protocols::mqtt::v3::Mqtt3;
use protocols::mqtt::{Queue, Session};
use protocols::outage::{self, Pace, Resend, Worker};
use protocols::report::Report;
use rumqttc::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};

use super::Case;
use crate::amqp::{Amqp1, Amqp091, Answer, Queues};
use crate::coap::{Coap, Kind, Memory};
use crate::http::{Http, Version};
use crate::servers::Servers;

/// How long a device waits for an answer over a connection.
const PATIENCE: Duration = Duration::from_millis(500);

/// CoAP's own patience ends it (RFC 7252, section 4.8.2: 93 s).
const PATIENCE_OF_COAP: Duration = Duration::from_secs(93);

/// All of them.
pub fn all(servers: &Servers) -> Vec<Case> {
    let mut cases = readings_by_mqtt(servers);
    cases.extend(readings_by_http());
    cases.extend(readings_by_amqp(servers));
    cases.extend(readings_by_coap());
    cases.extend(commands(servers));
    cases
}

fn readings_by_mqtt(servers: &Servers) -> Vec<Case> {
    [
        ("MQTT QoS 0, rumqttc's queue", servers.plain(AtMostOnce)),
        ("MQTT QoS 1, clean session", servers.plain(AtLeastOnce)),
        (
            "MQTT QoS 1, kept session",
            servers.plain(AtLeastOnce).kept(),
        ),
        ("MQTT QoS 2, clean session", servers.plain(ExactlyOnce)),
        (
            "MQTT QoS 2, kept session",
            servers.plain(ExactlyOnce).kept(),
        ),
    ]
    .map(|(name, session)| queued(name, session))
    .into()
}

fn queued(name: &str, session: Session) -> Case {
    let named = name.to_owned();
    Case::new(name, async move {
        let protocol = Mqtt3(session.clone());
        let open = async |server| Ok(Queue::open(&session, server));
        let arrived = outage::of_readings(&protocol, Pace::FULL, open).await?;
        Ok(Report {
            readings_in_an_outage: vec![(named, arrived)],
            ..Report::default()
        })
    })
}

fn readings_by_http() -> Vec<Case> {
    let http = || Http::plain(Version::One);
    vec![
        sent("HTTP/1.1, no second try", http(), Resend::Never, PATIENCE),
        sent(
            "HTTP/1.1, sent until answered",
            http(),
            Resend::UntilConfirmed,
            PATIENCE,
        ),
    ]
}

fn readings_by_amqp(servers: &Servers) -> Vec<Case> {
    let Some(rabbit) = &servers.rabbit else {
        return Vec::new();
    };
    let broker = rabbit.nodes()[0].amqp;
    let older = |number, answer| Amqp091 {
        broker,
        queues: Queues(number),
        answer,
    };
    let newer = Amqp1 {
        broker,
        queues: Queues(13),
        answer: Answer::Confirmed,
    };
    let again = Resend::UntilConfirmed;
    vec![
        sent(
            "AMQP 0-9-1, not confirmed",
            older(10, Answer::None),
            Resend::Never,
            PATIENCE,
        ),
        sent(
            "AMQP 0-9-1, sent until confirmed",
            older(11, Answer::Confirmed),
            again,
            PATIENCE,
        ),
        sent("AMQP 1.0, sent until settled", newer, again, PATIENCE),
    ]
}

fn readings_by_coap() -> Vec<Case> {
    let coap = |kind, memory| Coap { kind, memory };
    [
        (
            "CoAP, non-confirmable",
            coap(Kind::NonConfirmable, Memory::Remembers),
        ),
        (
            "CoAP, confirmable",
            coap(Kind::Confirmable, Memory::Remembers),
        ),
        (
            "CoAP, confirmable, server forgets numbers",
            coap(Kind::Confirmable, Memory::Forgets),
        ),
    ]
    .map(|(name, protocol)| sent(name, protocol, Resend::Never, PATIENCE_OF_COAP))
    .into()
}

fn sent<P>(name: &str, protocol: P, resend: Resend, patience: Duration) -> Case
where
    P: Protocol + Clone + Send + 'static,
{
    let named = name.to_owned();
    Case::new(name, async move {
        let device = protocol.clone();
        let open = async |server| Ok(Worker::start(device, server, resend, patience));
        let arrived = outage::of_readings(&protocol, Pace::FULL, open).await?;
        Ok(Report {
            readings_in_an_outage: vec![(named, arrived)],
            ..Report::default()
        })
    })
}

fn commands(servers: &Servers) -> Vec<Case> {
    let mqtt = |session| Mqtt3(session);
    let mut cases = vec![
        heard(
            "MQTT QoS 0, kept session",
            mqtt(servers.plain(AtMostOnce).kept()),
        ),
        heard(
            "MQTT QoS 1, clean session",
            mqtt(servers.plain(AtLeastOnce)),
        ),
        heard(
            "MQTT QoS 1, kept session",
            mqtt(servers.plain(AtLeastOnce).kept()),
        ),
        heard(
            "MQTT QoS 2, kept session",
            mqtt(servers.plain(ExactlyOnce).kept()),
        ),
        heard(
            "HTTP/1.1, long polling, server forgets what it has said",
            Http::plain(Version::One),
        ),
    ];
    if let Some(rabbit) = &servers.rabbit {
        let broker = rabbit.nodes()[0].amqp;
        for (number, answer, name) in [
            (20, Answer::None, "AMQP 0-9-1 queue, not acknowledged"),
            (21, Answer::Confirmed, "AMQP 0-9-1 queue, acknowledged"),
        ] {
            let queues = Queues(number);
            let protocol = Amqp091 {
                broker,
                queues,
                answer,
            };
            cases.push(heard(name, protocol));
        }
        let protocol = Amqp1 {
            broker,
            queues: Queues(22),
            answer: Answer::Confirmed,
        };
        cases.push(heard("AMQP 1.0 queue, settled by the device", protocol));
    }
    let coap = Coap {
        kind: Kind::NonConfirmable,
        memory: Memory::Remembers,
    };
    cases.push(heard("CoAP observed, non-confirmable", coap));
    cases
}

fn heard(name: &str, protocol: impl Protocol + 'static) -> Case {
    let named = name.to_owned();
    Case::new(name, async move {
        let arrived = outage::of_commands(&protocol, Pace::FULL).await?;
        Ok(Report {
            commands_in_an_outage: vec![(named, arrived)],
            ..Report::default()
        })
    })
}
