//! What crossed a line, as a row of the page's list.

use arena::wire::{ConnectReturnCode, Packet, QoS, SubscribeReasonCode};
use serde::Serialize;

/// How much of a payload a page gets to see, in characters.
const LONGEST_PAYLOAD: usize = 2_000;

/// A row of the list: a packet, or something that happened to the line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Sequence number, given by the feed.
    pub number: u64,
    /// Time, in milliseconds since 1970.
    pub at: u64,
    /// Whose line: a program's name, or `client` for one that the page starts, `browser` for a
    /// page that is one; else `page`.
    pub who: &'static str,
    /// Which device's, where several run.
    pub device: Option<String>,
    /// Direction of the packet; `None` for the line itself.
    pub to_broker: Option<bool>,
    /// The packet's name in the MQTT specification, or `LINE`.
    pub kind: &'static str,
    /// Topic name or filter.
    pub topic: Option<String>,
    /// Payload, shortened to 2,000 characters.
    pub payload: Option<String>,
    /// Whether more of the payload crossed the line than stands here.
    #[serde(skip)]
    pub is_cut: bool,
    /// Quality of service: 0, 1 or 2.
    pub qos: Option<u8>,
    /// Other fields of the packet, by name.
    pub facts: Vec<(&'static str, String)>,
}

impl Row {
    /// Something that happened to the line itself.
    pub fn line(note: impl Into<String>) -> Self {
        Self {
            kind: "LINE",
            topic: Some(note.into()),
            ..Self::default()
        }
    }

    /// A packet; names are those of MQTT 3.1.1.
    pub fn packet(packet: &Packet) -> Self {
        let row = |kind, facts| Self {
            kind,
            facts,
            ..Self::default()
        };
        let answer = |kind, pkid: u16| row(kind, vec![("packet id", pkid.to_string())]);
        use rumqttc::mqttbytes::v4::Packet as V4;
        match packet {
            Packet::V4(packet) => match packet {
                V4::Connect(connect) => {
                    let mut facts = vec![
                        ("client id", connect.client_id.clone()),
                        ("keep-alive", format!("{} s", connect.keep_alive)),
                        ("clean session", yes(connect.clean_session)),
                    ];
                    if let Some(will) = &connect.last_will {
                        facts.push(("will", format!("{} {}", will.topic, text(&will.message))));
                    }
                    if let Some(login) = &connect.login {
                        facts.push(("user", login.username.clone()));
                        facts.push(("password", "not shown".to_owned()));
                    }
                    row("CONNECT", facts)
                }
                V4::ConnAck(answer) => row(
                    "CONNACK",
                    vec![
                        (
                            "answer",
                            refusal(answer.code).unwrap_or("accepted").to_owned(),
                        ),
                        ("session present", yes(answer.session_present)),
                    ],
                ),
                V4::Publish(publish) => {
                    let mut facts = vec![("retain", yes(publish.retain))];
                    if publish.qos != QoS::AtMostOnce {
                        facts.push(("packet id", publish.pkid.to_string()));
                        facts.push(("sent again", yes(publish.dup)));
                    }
                    Self {
                        topic: Some(publish.topic.clone()),
                        payload: Some(text(&publish.payload)),
                        is_cut: publish.payload.len() > LONGEST_PAYLOAD,
                        qos: Some(publish.qos as u8),
                        ..row("PUBLISH", facts)
                    }
                }
                V4::PubAck(it) => answer("PUBACK", it.pkid),
                V4::PubRec(it) => answer("PUBREC", it.pkid),
                V4::PubRel(it) => answer("PUBREL", it.pkid),
                V4::PubComp(it) => answer("PUBCOMP", it.pkid),
                V4::Subscribe(subscribe) => Self {
                    topic: Some(list(subscribe.filters.iter().map(|it| it.path.as_str()))),
                    qos: subscribe.filters.iter().map(|it| it.qos as u8).max(),
                    ..answer("SUBSCRIBE", subscribe.pkid)
                },
                V4::SubAck(it) => {
                    let granted = it.return_codes.iter().map(|code| match code {
                        SubscribeReasonCode::Success(qos) => format!("QoS {}", *qos as u8),
                        SubscribeReasonCode::Failure => "refused".to_owned(),
                    });
                    let granted = granted.collect::<Vec<_>>().join(", ");
                    let mut row = answer("SUBACK", it.pkid);
                    row.facts.insert(0, ("granted", granted));
                    row
                }
                V4::Unsubscribe(it) => Self {
                    topic: Some(list(it.topics.iter().map(String::as_str))),
                    ..answer("UNSUBSCRIBE", it.pkid)
                },
                V4::UnsubAck(it) => answer("UNSUBACK", it.pkid),
                V4::PingReq => row("PINGREQ", Vec::new()),
                V4::PingResp => row("PINGRESP", Vec::new()),
                V4::Disconnect => row("DISCONNECT", Vec::new()),
            },
            Packet::OtherVersion { level } => {
                row("CONNECT", vec![("protocol level", level.to_string())])
            }
            Packet::Undecoded { first, length } | Packet::Cut { first, length } => row(
                "UNKNOWN",
                vec![
                    ("first byte", format!("{first:#04x}")),
                    ("length", format!("{length} bytes")),
                ],
            ),
        }
    }
}

/// Why the broker does not accept a client (section 3.2.2.3), if it does not.
pub fn refusal(code: ConnectReturnCode) -> Option<&'static str> {
    Some(match code {
        ConnectReturnCode::Success => return None,
        ConnectReturnCode::RefusedProtocolVersion => "refused: another protocol version",
        ConnectReturnCode::BadClientId => "refused: this client id is not allowed",
        ConnectReturnCode::ServiceUnavailable => "refused: the service is not available",
        ConnectReturnCode::BadUserNamePassword => "refused: wrong user name or password",
        ConnectReturnCode::NotAuthorized => "refused: not authorized",
    })
}

fn yes(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn list<'a>(topics: impl Iterator<Item = &'a str>) -> String {
    topics.collect::<Vec<_>>().join(", ")
}

fn text(payload: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(payload) else {
        return format!("{} bytes that are no text", payload.len());
    };
    match text.char_indices().nth(LONGEST_PAYLOAD) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], payload.len()),
    }
}
