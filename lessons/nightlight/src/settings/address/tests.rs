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
        port: 1883,
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
        ("mqtts://localhost", "`mqtts://` asks for encryption"),
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
fn no_message_repeats_a_password() {
    for url in [
        "mqtt://ada:secret@localhost",
        "mqtt://ada:sec/ret#secret@localhost:1883",
        "mqtts://ada:secret@localhost",
        "ada:secret@localhost",
    ] {
        let error = broker(url).unwrap_err();
        assert!(error.contains("not spoken yet"), "{error}");
        assert!(!error.contains("ret"), "{error}");
    }
}
