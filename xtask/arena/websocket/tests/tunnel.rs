//! What a learner's program goes through when its broker is one over WebSocket.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arena::broker::{Access, Embedded};
use arena::loopback;
use arena_websocket::{Gate, Guests};
use futures_util::{SinkExt, StreamExt};
use nightlight::Tunnel;
use rabbitmq::{Cluster, Sessions};
use rumqttc::{AsyncClient, Event, EventLoop, Incoming, MqttOptions, QoS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

/// A test that waits longer than this hangs.
const LIMIT: Duration = Duration::from_secs(20);

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, what).await.unwrap()
}

fn tunnel(url: &str, authority: Option<&Path>) -> Tunnel {
    Tunnel::open(&url.parse().unwrap(), authority).unwrap()
}

async fn gate(port: u16, broker: &Embedded) -> Gate {
    let gate = Gate::open(loopback::at(port), broker.address(), Guests::default());
    gate.await.unwrap()
}

/// A client that knows nothing of WebSocket, as a learner's program has one.
fn client(tunnel: &Tunnel) -> (AsyncClient, EventLoop) {
    let at = tunnel.address();
    let mut options = MqttOptions::new("program", at.ip().to_string(), at.port());
    options.set_max_packet_size(1 << 18, 1 << 18);
    AsyncClient::new(options, 10)
}

/// Waits, over broken connections as well, until such a packet comes in.
async fn until<T>(events: &mut EventLoop, wanted: impl Fn(Incoming) -> Option<T>) -> T {
    let look = async {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(packet)) => {
                    if let Some(found) = wanted(packet) {
                        return found;
                    }
                }
                Ok(_) => {}
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    soon(look).await
}

fn connected(packet: Incoming) -> Option<()> {
    matches!(packet, Incoming::ConnAck(_)).then_some(())
}

/// Sends so much to itself that it does not fit into one message.
async fn talk(client: &AsyncClient, events: &mut EventLoop) {
    let long = vec![b'x'; 200_000];
    client.subscribe("t", QoS::AtMostOnce).await.unwrap();
    let publish = client.publish("t", QoS::AtMostOnce, false, long.clone());
    publish.await.unwrap();
    let heard = until(events, |packet| match packet {
        Incoming::Publish(message) => Some(message.payload),
        _ => None,
    });
    assert!(heard.await == long);
}

#[tokio::test]
async fn a_program_talks_over_websocket_and_finds_a_broker_that_comes_back() {
    let broker = Embedded::for_a_scene(Access::default()).await.unwrap();
    let open = gate(0, &broker).await;
    let (url, port) = (open.url(), open.address().port());
    let tunnel = tunnel(&url, None);
    let (client, mut events) = client(&tunnel);
    until(&mut events, connected).await;
    talk(&client, &mut events).await;

    drop(open);
    let lost = async { while events.poll().await.is_ok() {} };
    soon(lost).await;
    let _open = gate(port, &broker).await;
    until(&mut events, connected).await;
    talk(&client, &mut events).await;
}

#[tokio::test]
async fn rabbitmq_is_talked_to_as_well() {
    if !Cluster::is_here() {
        let words = "SKIPPED: RabbitMQ is not installed";
        assert!(std::env::var_os("NIGHTLIGHT_NO_SKIP").is_none(), "{words}");
        eprintln!("{words}");
        return;
    }
    let cluster = Cluster::start(1, Sessions::OnOneNode).await.unwrap();
    let at = cluster.nodes()[0].web;
    let tunnel = tunnel(&format!("ws://{at}/ws"), None);
    let (client, mut events) = client(&tunnel);
    until(&mut events, connected).await;
    talk(&client, &mut events).await;
    let error = refused(&format!("ws://{at}/elsewhere")).await;
    assert!(error.contains("answers 404 Not Found"), "{error}");
}

/// A proxy with a certificate for 127.0.0.1, that hands on to `target` what it decrypts.
async fn encrypted(target: SocketAddr, authority: &Path) -> SocketAddr {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    std::fs::write(authority, certificate.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(loopback::at(0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut plain = acceptor.accept(stream).await?;
                let mut beyond = TcpStream::connect(target).await?;
                tokio::io::copy_bidirectional(&mut plain, &mut beyond).await
            });
        }
    });
    address
}

#[tokio::test]
async fn over_tls_it_is_the_same_if_the_certificate_is_right() {
    let broker = Embedded::for_a_scene(Access::default()).await.unwrap();
    let open = gate(0, &broker).await;
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    let at = encrypted(open.address(), &authority).await;
    let url = format!("wss://{at}/mqtt");
    let trusting = tunnel(&url, Some(&authority));
    let (client, mut events) = client(&trusting);
    until(&mut events, connected).await;
    talk(&client, &mut events).await;

    let error = refused(&url).await;
    let words = "an authority that nobody knows here";
    assert!(error.contains(words), "{error}");
    let error = refused(&format!("wss://{}/mqtt", open.address())).await;
    assert!(error.contains("begins with ws://"), "{error}");
}

/// What is said when there is no broker at `url`.
async fn refused(url: &str) -> String {
    let tunnel = tunnel(url, None);
    let probe = tokio::task::spawn_blocking(move || tunnel.probe());
    let error = soon(probe).await.unwrap().unwrap_err().to_string();
    assert!(error.starts_with(&format!("No connection over WebSocket to {url}: ")));
    error
}

/// Somebody who hears what comes first, and says this.
async fn says(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind(loopback::at(0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4_096]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

#[tokio::test]
async fn whoever_is_no_broker_over_websocket_is_told_apart() {
    let broker = Embedded::for_a_scene(Access::default()).await.unwrap();
    let closed = TcpListener::bind(loopback::at(0)).await.unwrap();
    let nobody = closed.local_addr().unwrap();
    drop(closed);
    let web = says("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
    let other = says("220 mail.example ESMTP\r\n").await;
    for (at, words) in [
        (
            web,
            "answers 404 Not Found instead of WebSocket. Is the path",
        ),
        (other, "does not keep to WebSocket"),
        (broker.address(), "It may not speak WebSocket on this port"),
        (nobody, "nothing listens there"),
    ] {
        let error = refused(&format!("ws://{at}/elsewhere")).await;
        assert!(error.contains(words), "{words:?} is not in: {error}");
    }
    let tunnel = tunnel(&format!("ws://{web}/mqtt?key=secret"), None);
    let probe = tokio::task::spawn_blocking(move || tunnel.probe());
    let error = soon(probe).await.unwrap().unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
    let error = refused("ws://broker.invalid:80/mqtt").await;
    assert!(error.contains("leads to no computer"), "{error}");
}

#[tokio::test]
async fn whoever_speaks_websocket_and_no_mqtt_is_no_broker() {
    let listener = TcpListener::bind(loopback::at(0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        tokio_tungstenite::accept_async(stream).await.map(drop)
    });
    let error = refused(&format!("ws://{at}/chat")).await;
    assert!(error.contains("the subprotocol `mqtt`"), "{error}");
}

#[tokio::test]
async fn a_ping_is_answered_while_the_program_is_silent() {
    let listener = TcpListener::bind(loopback::at(0)).await.unwrap();
    let tunnel = tunnel(
        &format!("ws://{}/mqtt", listener.local_addr().unwrap()),
        None,
    );
    let _program = TcpStream::connect(tunnel.address()).await.unwrap();
    let (stream, _) = soon(listener.accept()).await.unwrap();
    #[expect(clippy::result_large_err, reason = "the signature is tungstenite's")]
    let agree = |_: &Request, mut response: Response| {
        let headers = response.headers_mut();
        headers.insert("sec-websocket-protocol", "mqtt".parse().unwrap());
        Ok(response)
    };
    let handshake = tokio_tungstenite::accept_hdr_async(stream, agree);
    let mut socket = soon(handshake).await.unwrap();
    let ping = Message::Ping("are you there".into());
    socket.send(ping).await.unwrap();
    let answer = soon(socket.next()).await.unwrap().unwrap();
    assert_eq!(answer, Message::Pong("are you there".into()));
}
