//! A real client over a recorded line with TLS.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::sync::Arc;
use std::time::Duration;

use arena::broker::{Access, Embedded};
use arena::line::{Line, Link, Plain};
use arena::record::{Event, Record};
use arena_tls::{Authority, Certificate, Flaw, IN_THE_CLEAR, Tls};
use rumqttc::{
    AsyncClient, ConnectionError, EventLoop, Incoming, MqttOptions, TlsConfiguration, Transport,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A test that waits longer than this hangs.
const LIMIT: Duration = Duration::from_secs(20);

struct Room {
    _broker: Embedded,
    line: Line,
    record: Arc<Record>,
}

async fn room(link: Arc<dyn Link>) -> Room {
    let broker = Embedded::for_a_scene(Access::default()).await.unwrap();
    let record = Arc::<Record>::default();
    let (clock, its_record) = (Arc::default(), Arc::clone(&record));
    let line = Line::open_over(link, broker.address(), clock, its_record);
    Room {
        line: line.await.unwrap(),
        _broker: broker,
        record,
    }
}

/// A client's TLS, from PEM as programs read it.
fn knowing(authority: &Authority, own: Option<&Certificate>) -> Arc<ClientConfig> {
    let mut known = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority.pem().as_bytes()) {
        known.add(certificate.unwrap()).unwrap();
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(known);
    let config = match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let pem = own.pem();
            let chain = CertificateDer::pem_slice_iter(pem.as_bytes());
            let key = PrivateKeyDer::from_pem_slice(own.key_pem().as_bytes()).unwrap();
            let chain = chain.map(Result::unwrap).collect();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    Arc::new(config)
}

/// The client has to live as long as the event loop is to go on.
fn client(line: &Line, config: Arc<ClientConfig>) -> (AsyncClient, EventLoop) {
    let url = line.url();
    let host = url.strip_prefix("mqtts://").unwrap_or("mqtts://127.0.0.1");
    let host = host.rsplit_once(':').map_or("127.0.0.1", |(host, _)| host);
    let mut options = MqttOptions::new("a", host, line.port());
    let tls = TlsConfiguration::Rustls(config);
    options.set_transport(Transport::tls_with_config(tls));
    AsyncClient::new(options, 10)
}

/// Whether it is accepted, or why not.
async fn arrival(events: &mut EventLoop) -> Result<(), ConnectionError> {
    let arrive = async {
        loop {
            let event = events.poll().await?;
            if matches!(event, rumqttc::Event::Incoming(Incoming::ConnAck(_))) {
                return Ok(());
            }
        }
    };
    tokio::time::timeout(LIMIT, arrive).await.unwrap()
}

async fn arrives(line: &Line, config: Arc<ClientConfig>) -> Result<(), String> {
    let (_client, mut events) = client(line, config);
    let arrival = arrival(&mut events).await;
    arrival.map_err(|error| format!("{error:?}"))
}

/// What the link said, and whether anything of MQTT was.
async fn failure(record: &Record) -> (String, bool) {
    let failed = record.when(0, LIMIT, |entries| {
        let reason = entries.iter().find_map(|entry| match &entry.event {
            Event::LinkFailed { reason, .. } => Some(reason.clone()),
            _ => None,
        })?;
        let packet = |event: &Event| matches!(event, Event::Packet { .. });
        Some((reason, entries.iter().any(|entry| packet(&entry.event))))
    });
    failed.await.unwrap()
}

#[tokio::test]
async fn a_good_certificate_is_accepted_and_the_packets_are_seen() {
    let authority = Authority::new("the room's authority").unwrap();
    let room = room(Tls::new(&authority.issue().unwrap()).unwrap()).await;
    assert!(room.line.url().starts_with("mqtts://127.0.0.1:"));
    arrives(&room.line, knowing(&authority, None))
        .await
        .unwrap();
    let packets = room.record.look(|entries| {
        let packet = |event: &Event| matches!(event, Event::Packet { .. });
        entries.iter().filter(|entry| packet(&entry.event)).count()
    });
    assert_eq!(packets, 2, "CONNECT and CONNACK");
}

#[tokio::test]
async fn each_bad_certificate_is_refused_for_its_own_reason_and_before_mqtt() {
    let authority = Authority::new("the room's authority").unwrap();
    let other = Authority::new("another authority").unwrap();
    let with = |flaw| authority.issue_with(flaw).unwrap();
    for (certificate, reason) in [
        (other.issue().unwrap(), "UnknownIssuer"),
        (Certificate::self_signed().unwrap(), "CaUsedAsEndEntity"),
        (with(Flaw::WrongName), "NotValidForName"),
        (with(Flaw::NoAlternativeName), "NotValidForName"),
        (with(Flaw::Expired), "Expired"),
        (with(Flaw::NotYetValid), "NotValidYet"),
        (with(Flaw::WrongUse), "InvalidPurpose"),
        (with(Flaw::Authority), "CaUsedAsEndEntity"),
        (with(Flaw::Version1), "UnsupportedCertVersion"),
    ] {
        let room = room(Tls::new(&certificate).unwrap()).await;
        let error = arrives(&room.line, knowing(&authority, None))
            .await
            .unwrap_err();
        assert!(error.contains(reason), "{reason}: {error}");
        let (alert, spoke) = failure(&room.record).await;
        assert!(alert.contains("alert"), "{reason}: {alert}");
        assert!(!spoke, "{reason}: nothing of MQTT left");
    }
}

#[tokio::test]
async fn a_plain_port_takes_no_handshake() {
    let authority = Authority::new("the room's authority").unwrap();
    let room = room(Arc::new(Plain)).await;
    arrives(&room.line, knowing(&authority, None))
        .await
        .unwrap_err();
}

#[tokio::test]
async fn who_speaks_in_the_clear_is_let_in_only_where_there_is_no_tls() {
    let authority = Authority::new("the room's authority").unwrap();
    let link = Tls::new(&authority.issue().unwrap()).unwrap();
    let room = room(Arc::clone(&link) as Arc<dyn Link>).await;
    let mut plain = MqttOptions::new("a", "127.0.0.1", room.line.port());
    plain.set_transport(Transport::Tcp);
    let (_client, mut events) = AsyncClient::new(plain, 10);
    arrival(&mut events).await.unwrap_err();
    assert_eq!(
        failure(&room.record).await,
        (IN_THE_CLEAR.to_owned(), false)
    );

    link.speak_plain();
    arrives(&room.line, knowing(&authority, None))
        .await
        .unwrap_err();
    arrival(&mut events).await.unwrap();
}

#[tokio::test]
async fn a_client_certificate_is_asked_for() {
    let authority = Authority::new("the room's authority").unwrap();
    let stranger = Authority::new("another authority").unwrap();
    let link = Tls::asking(&authority.issue().unwrap(), &authority).unwrap();
    let known = authority.issue_for_client("ada").unwrap();
    let good = room(Arc::clone(&link) as Arc<dyn Link>).await;
    arrives(&good.line, knowing(&authority, Some(&known)))
        .await
        .unwrap();
    for own in [None, Some(stranger.issue_for_client("ada").unwrap())] {
        let room = room(Arc::clone(&link) as Arc<dyn Link>).await;
        let error = arrives(&room.line, knowing(&authority, own.as_ref())).await;
        error.unwrap_err();
        assert!(!failure(&room.record).await.1);
    }
}

/// The same client configuration throughout, which would resume its sessions.
#[tokio::test]
async fn a_renewed_certificate_is_looked_at_at_the_next_connection() {
    let authority = Authority::new("the room's authority").unwrap();
    let link = Tls::new(&authority.issue().unwrap()).unwrap();
    let room = room(Arc::clone(&link) as Arc<dyn Link>).await;
    let (_client, mut events) = client(&room.line, knowing(&authority, None));
    arrival(&mut events).await.unwrap();

    link.renew(&authority.issue().unwrap()).unwrap();
    room.line.cut();
    while events.poll().await.is_ok() {}
    arrival(&mut events).await.unwrap();

    link.renew(&authority.issue_with(Flaw::Expired).unwrap())
        .unwrap();
    room.line.cut();
    while events.poll().await.is_ok() {}
    let error = arrival(&mut events).await.unwrap_err();
    assert!(format!("{error:?}").contains("Expired"), "{error:?}");

    link.renew(&authority.issue().unwrap()).unwrap();
    arrival(&mut events).await.unwrap();
}
