//! `cargo xtask broker` and `board`, as a terminal sees them.

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::serving::{LIMIT, Serving, port_in, signal, xtask, xtask_with_files};

#[tokio::test]
async fn a_broker_shows_who_does_what_until_ctrl_c() {
    let mut broker = Serving::start(&["broker", "--port", "0"], "alone");
    let port = port_in(&broker.until("A broker listens on mqtt://").await);
    let connect = async |name: &str| {
        let options = MqttOptions::new(name, "127.0.0.1", port);
        let (client, mut events) = AsyncClient::new(options, 4);
        while !matches!(
            events.poll().await.unwrap(),
            Event::Incoming(Packet::ConnAck(_))
        ) {}
        let served = tokio::spawn(async move { while events.poll().await.is_ok() {} });
        (client, served)
    };
    let (one, one_served) = connect("one").await;
    broker.until("one connects").await;
    one.subscribe("a/#", QoS::AtMostOnce).await.unwrap();
    broker.until("one subscribes to a/#").await;
    one.publish("a/b", QoS::AtLeastOnce, true, "{\"light\":7}")
        .await
        .unwrap();
    broker
        .until("one publishes to a/b, retained: {\"light\":7}")
        .await;
    let (twin, twin_served) = connect("one").await;
    broker
        .until("one connects: another client of that name is thrown out")
        .await;
    one_served.await.unwrap();
    twin.disconnect().await.unwrap();
    twin_served.await.unwrap();
    broker.until("one says goodbye and leaves").await;
    let (_two, two_served) = connect("two").await;
    two_served.abort();
    broker.until("two is gone without a goodbye").await;
    let (status, said) = broker.end().await;
    assert!(status.success(), "{said:?}");
    // Who was thrown out is told once, in whichever order the broker notices.
    assert!(
        !said.iter().any(|line| line.contains("one is gone")),
        "{said:?}"
    );
}

#[tokio::test]
async fn a_broker_has_room_for_more_clients_than_a_shell_allows_files() {
    const FILES: usize = 64;
    let quiet = ["broker", "--port", "0", "--quiet"];
    let mut broker = Serving::of(xtask_with_files(FILES, &quiet, "alone"));
    let port = port_in(&broker.until("A broker listens on mqtt://").await);
    let mut here = Vec::new();
    for number in 0..2 * FILES {
        let options = MqttOptions::new(format!("client-{number}"), "127.0.0.1", port);
        let (client, mut events) = AsyncClient::new(options, 4);
        let first = tokio::time::timeout(LIMIT, events.poll()).await.unwrap();
        assert!(
            matches!(first, Ok(Event::Incoming(Packet::ConnAck(_)))),
            "{number}: {first:?}"
        );
        here.push((client, events));
    }
    assert!(broker.end().await.0.success());
}

#[tokio::test]
async fn the_doctor_hears_who_publishes_under_the_same_id() {
    let mut broker = Serving::start(&["broker", "--port", "0"], "alone");
    let port = port_in(&broker.until("A broker listens on mqtt://").await);
    let options = MqttOptions::new("somebody", "127.0.0.1", port);
    let (client, mut events) = AsyncClient::new(options, 4);
    let served = tokio::spawn(async move { while events.poll().await.is_ok() {} });
    // What the broker keeps says nothing of who is there now.
    client
        .publish("mine/status", QoS::AtLeastOnce, true, "on")
        .await
        .unwrap();
    broker.until("somebody publishes to mine/status").await;
    let mut doctor = xtask(&["doctor"], "mine");
    doctor.env("NIGHTLIGHT_BROKER", format!("mqtt://127.0.0.1:{port}"));
    let told = tokio::spawn(async move { doctor.output().await.unwrap() });
    broker.until(" subscribes to mine/#").await;
    client
        .publish("mine/telemetry", QoS::AtMostOnce, false, "{}")
        .await
        .unwrap();
    let told = tokio::time::timeout(LIMIT, told).await.unwrap().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let words = "somebody publishes under your id there just now, to mine/telemetry";
    assert!(told.contains(words), "{told}");
    served.abort();
    assert!(broker.end().await.0.success());
}

#[tokio::test]
async fn a_board_shows_what_programs_do_until_ctrl_c() {
    let mut board = Serving::start(&["board", "--port", "0"], "alone");
    let port = port_in(&board.until("A virtual board listens on http://").await);
    let mut run = xtask(&["doctor"], "alone");
    run.env("NIGHTLIGHT_BOARD", format!("http://127.0.0.1:{port}"));
    tokio::time::timeout(LIMIT, run.output())
        .await
        .unwrap()
        .unwrap();
    board.until("The sensor at 0 is read: 0").await;
    assert!(board.end().await.0.success());
}

#[tokio::test]
async fn a_forwarded_board_says_its_other_name_and_answers_to_it() {
    let forwarded = "lamp.example";
    let arguments = ["board", "--port", "0", "--allow-host", forwarded];
    let mut command = xtask(&arguments, "alone");
    command.env("VSCODE_PROXY_URI", "https://{{port}}.ide.example/");
    let mut board = Serving::of(command);
    let port = port_in(&board.until("A virtual board listens on http://").await);
    let in_the_ide = format!("{port}.ide.example");
    board.until(&format!("https://{in_the_ide}")).await;
    let ask = async |host: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!(
            "POST /connect HTTP/1.1\r\nHost: {host}\r\nOrigin: https://{host}\r\n\
             Sec-Fetch-Site: same-origin\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        reply
    };
    for name in [forwarded, &in_the_ide] {
        let reply = ask(name).await;
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    }
    let refused = ask("evil.example").await;
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    assert!(refused.contains("--allow-host evil.example"), "{refused}");
    assert!(board.end().await.0.success());
}

#[tokio::test]
async fn quiet_broker_and_board_say_where_they_are_and_no_more() {
    let mut broker = Serving::start(&["broker", "--port", "0", "--quiet"], "alone");
    let broker_port = port_in(&broker.until("A broker listens on mqtt://").await);
    let mut board = Serving::start(&["board", "--port", "0", "--quiet"], "alone");
    let board_port = port_in(&board.until("A virtual board listens on http://").await);
    let mut doctor = xtask(&["doctor"], "alone");
    doctor
        .env(
            "NIGHTLIGHT_BROKER",
            format!("mqtt://127.0.0.1:{broker_port}"),
        )
        .env("NIGHTLIGHT_BOARD", format!("http://127.0.0.1:{board_port}"));
    let told = tokio::time::timeout(LIMIT, doctor.output()).await.unwrap();
    let told = String::from_utf8(told.unwrap().stdout).unwrap();
    assert!(told.contains("a broker answers"), "{told}");
    assert!(told.contains("a board answers"), "{told}");
    for quiet in [broker, board] {
        let (status, said) = quiet.end().await;
        assert!(status.success());
        assert_eq!(said.len(), 1, "{said:?}");
    }
}

#[tokio::test]
async fn what_takes_websocket_ends_with_its_broker_however_that_ends() {
    let mut broker = Serving::start(&["broker", "--port", "0", "--ws", "0"], "alone");
    let port = port_in(&broker.until("by WebSocket, at ws://").await);
    let mut visitor = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    visitor.write_all(request).await.unwrap();
    visitor.read_u8().await.unwrap();
    signal("KILL", broker.process.id().unwrap());
    // The system closes the connections of a program that is gone.
    let gone = async { while visitor.read_u8().await.is_ok() {} };
    tokio::time::timeout(LIMIT, gone).await.unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
}
