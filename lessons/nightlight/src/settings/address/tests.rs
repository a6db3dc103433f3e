use super::*;

fn broker(url: &str) -> Result<(String, u16), String> {
    let address: Result<BrokerAddress, _> = url.parse();
    address
        .map(|broker| (broker.host, broker.port))
        .map_err(|error| error.to_string())
}

#[test]
fn a_broker_has_a_host_and_a_port() {
    for (url, host, port) in [
        ("mqtt://127.0.0.1:1884", "127.0.0.1", 1884),
        ("mqtt://test.mosquitto.org", "test.mosquitto.org", 1883),
        ("mqtt://my_pi.local:65535/", "my_pi.local", 65535),
        ("MQTT://localhost", "localhost", 1883),
        ("mqtt://[::1]", "[::1]", 1883),
        ("mqtt://[fe80::1]:1884", "[fe80::1]", 1884),
    ] {
        assert_eq!(broker(url), Ok((host.to_owned(), port)), "{url}");
    }
}

#[test]
fn a_broker_is_displayed_so_that_it_can_be_connected_to() {
    for (url, displayed) in [
        ("mqtt://localhost", "localhost:1883"),
        ("mqtt://[::1]:7", "[::1]:7"),
    ] {
        let broker: BrokerAddress = url.parse().unwrap();
        assert_eq!(broker.to_string(), displayed);
    }
    let by_hand = BrokerAddress {
        host: "::1".to_owned(),
        ..BrokerAddress::default()
    };
    assert_eq!(by_hand.to_string(), "[::1]:1883");
}

#[test]
fn a_board_is_virtual_or_the_pi_and_is_displayed_as_it_is_written() {
    for (written, displayed) in [
        ("http://127.0.0.1:5001", "http://127.0.0.1:5001"),
        ("http://desk-3", "http://desk-3:5000"),
        ("http://[::1]:5000/", "http://[::1]:5000"),
        ("pi", "pi"),
        ("Pi", "pi"),
    ] {
        let board: BoardAddress = written.parse().unwrap();
        assert_eq!(board.to_string(), displayed);
        assert_eq!(displayed.parse(), Ok(board));
    }
}

#[test]
fn a_wrong_address_says_what_is_wrong_with_it() {
    for (url, problem) in [
        ("", "`` has no `mqtt://` in front"),
        ("localhost:1883", "`localhost:1883` has no `mqtt://`"),
        (
            "tcp://localhost",
            "`tcp://` is in front instead of `mqtt://`",
        ),
        ("mqtt://", "is missing"),
        ("mqtt://:1883", "is missing"),
        ("mqtt://two words", "`two words` is not the name"),
        ("mqtt://[::1", "put an IPv6 address in brackets"),
        ("mqtt://[localhost]", "`[localhost]` is not the name"),
        ("mqtt://[::1]x:1883", "`[::1]x` is not the name"),
        ("mqtt://::1", "`::1` has more than one colon"),
        ("mqtt://fe80::1:1883", "put an IPv6 address in brackets"),
        ("mqtt://localhost:", "`` is not a port"),
        ("mqtt://localhost:0", "`0` is not a port"),
        ("mqtt://localhost:+1", "`+1` is not a port"),
        ("mqtt://localhost:65536", "`65536` is not a port"),
        ("mqtt://localhost:http", "`http` is not a port"),
        ("mqtt://localhost/topic", "`/topic` after the host"),
        ("mqtt://localhost:1883?x", "`?x` after the host"),
    ] {
        let error = broker(url).unwrap_err();
        assert!(error.contains(problem), "{url}: {error}");
    }
}

#[test]
fn an_encrypted_broker_has_a_port_of_its_own() {
    for (url, displayed, encrypted) in [
        ("mqtts://room", "room:8883", true),
        ("MQTTS://room:1884", "room:1884", true),
        ("mqtt://room", "room:1883", false),
    ] {
        let broker: BrokerAddress = url.parse().unwrap();
        assert_eq!(broker.to_string(), displayed);
        assert_eq!(broker.is_encrypted(), encrypted, "{url}");
    }
}

#[test]
fn a_broker_over_websocket_has_a_path_and_the_ports_of_the_web() {
    for (url, displayed, secure, path) in [
        ("ws://room", "room:80", false, "/"),
        ("ws://room:8083/mqtt", "room:8083", false, "/mqtt"),
        (
            "WSS://[::1]/a/b/?key=x%20y",
            "[::1]:443",
            true,
            "/a/b/?key=x%20y",
        ),
        ("wss://ada:secret@room?x", "room:443", true, "/?x"),
    ] {
        let broker: BrokerAddress = url.parse().unwrap();
        let path = path.to_owned();
        assert_eq!(broker.to_string(), displayed, "{url}");
        assert_eq!(broker.way, Way::WebSocket { secure, path }, "{url}");
        assert!(broker.is_websocket() && !broker.is_encrypted(), "{url}");
        assert_eq!(broker.scheme(), if secure { "wss" } else { "ws" });
    }
    for url in ["ws://room/#top", "ws://room/two words", "ws://room/\u{e9}"] {
        let error = broker(url).unwrap_err();
        assert!(error.contains("after the host"), "{url}: {error}");
    }
}

#[test]
fn a_login_is_what_stands_before_the_host() {
    for (url, login) in [
        ("mqtt://room", None),
        ("mqtt://ada:secret@room", Some(("ada", "secret"))),
        ("mqtts://ada@room:1", Some(("ada", ""))),
        ("mqtt://ada:a:b@[::1]", Some(("ada", "a:b"))),
        ("mqtt://a%40b:%2F%25%C3%A9@room", Some(("a@b", "/%\u{e9}"))),
    ] {
        let broker: BrokerAddress = url.parse().unwrap();
        assert_eq!(broker.login(), login, "{url}");
        if let Some(kept) = broker.login_kept() {
            let again = format!("mqtt://{}@room", kept.to_userinfo());
            let again: BrokerAddress = again.parse().unwrap();
            assert_eq!(again.login(), login, "{url}");
        }
    }
    assert_eq!(broker("mqtt://a%40b@room"), Ok(("room".to_owned(), 1883)));
}

#[test]
fn a_login_that_is_not_understood_is_explained() {
    for (url, problem) in [
        ("mqtt://@room", "the user is missing"),
        ("mqtt://:secret@room", "the user is missing"),
        ("mqtt://ada:100%@room", "write `%25` for a `%`"),
        ("mqtt://ada:%zz@room", "write `%25` for a `%`"),
        ("mqtt://ada:%+1@room", "write `%25` for a `%`"),
        ("mqtt://ada:%ff@room", "write `%25` for a `%`"),
        ("mqtt://ada:%00@room", "`%00` may not be"),
        ("mqtt://ada:p@ss@room", "write `%40` for `@`"),
        ("mqtt://ada:a/b@room", "`%2F` for `/`"),
    ] {
        let error = broker(url).unwrap_err();
        assert!(error.contains(problem), "{url}: {error}");
    }
    let board: Result<BoardAddress, _> = "http://ada:secret@board".parse();
    assert!(board.unwrap_err().to_string().contains("leave them out"));
}

#[test]
fn nothing_shows_a_password() {
    for url in [
        "mqtt://ada:sec/ret#secret@localhost:1883",
        "mqtt://ada:%secret@localhost",
        "mqtt://ada:secret@",
        "mqtt://ada:secret@localhost:x",
        "mqtt://ada:secret@localhost/topic",
        "mqt://ada:secret@localhost",
        "ada:secret@localhost",
        "ada:se://cret@localhost",
    ] {
        let error = broker(url).unwrap_err();
        assert!(!error.contains("ret"), "{error}");
    }
    let broker: BrokerAddress = "mqtt://ada:secret@localhost".parse().unwrap();
    let shown = format!("{broker} {broker:?}");
    assert!(!shown.contains("secret"), "{shown}");
    assert!(shown.contains("ada"), "{shown}");
}
