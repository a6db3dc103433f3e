use std::thread;
use std::time::Duration;

use embedded_hal::delay::DelayNs;

use super::fake_board::{Answer, FakeBoard, ok};
use super::*;

/// What a CounterFit has plugged in.
#[derive(Debug, Default)]
struct Plugged {
    /// The body of the reply to a reading.
    sensor: Option<String>,
    led: bool,
    /// Whether the board hangs up instead of answering.
    lost: bool,
}

/// A board that answers as CounterFit 0.1.4.dev9 was seen to answer.
fn counterfit(plugged: &Arc<Mutex<Plugged>>) -> FakeBoard {
    let plugged = Arc::clone(plugged);
    FakeBoard::start(move |request| {
        let mut plugged = plugged.lock().unwrap();
        if plugged.lost {
            return Answer::HangUp;
        }
        match request {
            "POST /connect" => ok("OK"),
            "GET /sensor_value?port=0" => match &plugged.sensor {
                Some(reply) => ok(reply),
                None => Answer::Reply(404, "Sensor with port 0 not found".to_owned()),
            },
            r#"POST /create_sensor {"pin":0,"type":"Light","unit":"NoUnits"}"# => {
                plugged.sensor = Some(r#"{"value": 0}"#.to_owned());
                ok("OK")
            }
            "GET /" if plugged.led => {
                // The real page is this long, too.
                let drawings = "M23.43,0 ".repeat(10_000);
                ok(&format!(
                    r#"<html>{drawings}<title id="ledTitleId5">LED off</title>"#
                ))
            }
            "GET /" => ok("<html><h2>Actuators</h2>"),
            r#"POST /create_actuator {"port":5,"type":"LED"}"# => {
                plugged.led = true;
                ok("OK")
            }
            r#"POST /actuator_value?port=5 {"value":true}"# => ok("OK"),
            r#"POST /actuator_value?port=5 {"value":false}"# => ok("OK"),
            _ => Answer::Reply(404, "<!doctype html>\nNot Found".to_owned()),
        }
    })
}

/// A CounterFit with both parts in place, where a reading is answered with this body.
fn board_reading(reply: &str) -> (FakeBoard, Board) {
    let plugged = Plugged {
        sensor: Some(reply.to_owned()),
        led: true,
        lost: false,
    };
    let fake = counterfit(&Arc::new(Mutex::new(plugged)));
    let board = open(fake.url()).unwrap();
    fake.requests();
    (fake, board)
}

const CONNECT: &str = "POST /connect";
const READ: &str = "GET /sensor_value?port=0";
const PAGE: &str = "GET /";
const ADD_SENSOR: &str = r#"POST /create_sensor {"pin":0,"type":"Light","unit":"NoUnits"}"#;
const ADD_LED: &str = r#"POST /create_actuator {"port":5,"type":"LED"}"#;
const LED_ON: &str = r#"POST /actuator_value?port=5 {"value":true}"#;
const LED_OFF: &str = r#"POST /actuator_value?port=5 {"value":false}"#;

#[test]
fn opening_adds_what_is_missing_and_nothing_else() {
    for (sensor, led, requests) in [
        (false, false, vec![CONNECT, READ, ADD_SENSOR, PAGE, ADD_LED]),
        (true, false, vec![CONNECT, READ, PAGE, ADD_LED]),
        (false, true, vec![CONNECT, READ, ADD_SENSOR, PAGE]),
        (true, true, vec![CONNECT, READ, PAGE]),
    ] {
        let plugged = Plugged {
            sensor: sensor.then(|| r#"{"value": 7}"#.to_owned()),
            led,
            lost: false,
        };
        let fake = counterfit(&Arc::new(Mutex::new(plugged)));
        let mut board = open(fake.url()).unwrap();
        assert_eq!(fake.requests(), requests);
        let level = board.light_sensor.light_level().unwrap();
        assert_eq!(level, if sensor { 7 } else { 0 });
    }
}

#[test]
fn a_reading_is_one_request() {
    for level in [0, 299, 300, 1023] {
        let (fake, mut board) = board_reading(&format!(r#"{{"value": {level}}}"#));
        assert_eq!(board.light_sensor.light_level().unwrap(), level);
        assert_eq!(fake.requests(), [READ]);
    }
}

#[test]
fn what_is_no_light_level_is_shown() {
    for value in ["1024", "-1", "12.5", "true", "null", r#""300""#, "70000"] {
        let (_fake, mut board) = board_reading(&format!(r#"{{"value": {value}}}"#));
        let error = board.light_sensor.light_level().unwrap_err().to_string();
        assert!(error.contains(&format!("gave {value},")), "{error}");
        assert!(error.contains("from 0 to 1023"), "{error}");
    }
}

#[test]
fn a_reading_that_is_not_understood_is_shown() {
    for (reply, shown) in [
        ("not json", "`not json`"),
        ("", "status 200 and ``"),
        ("[1]", "`[1]`"),
        (r#"{"light": 5}"#, r#"`{"light": 5}`"#),
        ("\n <html>\x1b[2J\nmore", "`<html>[2J`"),
    ] {
        let (_fake, mut board) = board_reading(reply);
        let error = board.light_sensor.light_level().unwrap_err().to_string();
        assert!(error.contains("GET /sensor_value?port=0 with"), "{error}");
        assert!(error.contains(shown), "{error}");
    }
}

#[test]
fn the_led_is_on_when_its_pin_is_high() {
    let (fake, mut board) = board_reading("");
    board.led.set_high().unwrap();
    board.led.set_low().unwrap();
    board.led.set_state(PinState::High).unwrap();
    board.led.set_state(false.into()).unwrap();
    assert_eq!(fake.requests(), [LED_ON, LED_OFF, LED_ON, LED_OFF]);
}

#[test]
fn without_a_board_the_error_says_how_to_start_one() {
    let url = FakeBoard::start(|_| Answer::HangUp).url();
    let error = open(url.clone()).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("no virtual board at {url} (")),
        "{error}"
    );
    assert!(error.contains("cargo xtask board"), "{error}");
    assert!(error.contains("NIGHTLIGHT_BOARD"), "{error}");
}

#[test]
fn a_board_that_does_not_answer_is_given_up() {
    let fake = FakeBoard::start(|_| Answer::Silence);
    let http = Http::with_patience(fake.url(), Duration::from_millis(20));
    let error = open_with(http).unwrap_err().to_string();
    assert!(error.contains("no virtual board at"), "{error}");
    assert!(error.contains("(no answer in 20ms)"), "{error}");
}

#[test]
fn another_program_on_the_port_is_told_from_a_board() {
    let airplay = FakeBoard::start(|_| Answer::Reply(403, String::new()));
    let error = open(airplay.url()).unwrap_err().to_string();
    assert!(error.contains("POST /connect with status 403"), "{error}");
    assert!(error.contains("AirPlay"), "{error}");

    let ssh = FakeBoard::start(|_| Answer::Bytes("SSH-2.0-OpenSSH_9.2\r\n"));
    let error = open(ssh.url()).unwrap_err().to_string();
    assert!(error.contains("not HTTP"), "{error}");

    let broker = FakeBoard::start(|_| Answer::HangUp);
    let error = open(broker.url()).unwrap_err().to_string();
    assert!(error.contains("hung up without an answer"), "{error}");

    let login = FakeBoard::start(|request| match request {
        CONNECT => Answer::Bytes("HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n"),
        _ => ok(""),
    });
    let error = open(login.url()).unwrap_err().to_string();
    assert!(error.contains("status 302"), "{error}");
}

#[test]
fn a_board_that_was_lost_is_used_again_when_it_is_back() {
    let plugged = Arc::default();
    let fake = counterfit(&plugged);
    let mut board = open(fake.url()).unwrap();
    board.light_sensor.light_level().unwrap();

    plugged.lock().unwrap().lost = true;
    for _ in 0..2 {
        assert!(matches!(
            board.light_sensor.light_level(),
            Err(BoardError::NotThere { .. })
        ));
        assert!(matches!(
            board.led.set_high(),
            Err(BoardError::NotThere { .. })
        ));
    }

    // It was restarted, and has forgotten what was plugged in.
    *plugged.lock().unwrap() = Plugged::default();
    fake.requests();
    board.led.set_high().unwrap();
    assert_eq!(board.light_sensor.light_level().unwrap(), 0);
    let prepared = [CONNECT, READ, ADD_SENSOR, PAGE, ADD_LED];
    assert_eq!(fake.requests(), [&prepared[..], &[LED_ON, READ]].concat());
}

#[test]
fn a_sensor_that_was_deleted_is_missed_once_and_added_for_the_next_reading() {
    let plugged = Arc::default();
    let fake = counterfit(&plugged);
    let mut board = open(fake.url()).unwrap();

    plugged.lock().unwrap().sensor = None;
    let error = board.light_sensor.light_level().unwrap_err().to_string();
    assert!(error.contains("no sensor on pin 0"), "{error}");
    assert!(error.contains("Add a sensor of the type Light"), "{error}");

    assert_eq!(board.light_sensor.light_level().unwrap(), 0);
}

#[test]
fn a_refused_request_is_shown_with_its_status() {
    let fake = FakeBoard::start(|request| match request {
        LED_ON => Answer::Reply(500, "<!doctype html>".to_owned()),
        _ => ok("OK"),
    });
    let mut board = open(fake.url()).unwrap();
    let error = board.led.set_high().unwrap_err().to_string();
    assert!(
        error.contains("POST /actuator_value?port=5 with status 500"),
        "{error}"
    );
}

#[test]
fn one_connection_serves_many_requests() {
    let (fake, mut board) = board_reading(r#"{"value": 1}"#);
    for _ in 0..3 {
        board.light_sensor.light_level().unwrap();
        board.led.set_low().unwrap();
        board.delay.delay_ns(1);
    }
    assert_eq!(fake.connections(), [0; 7]);
}

#[test]
fn a_board_that_restarts_between_two_requests_is_not_missed() {
    let fake = FakeBoard::start(|_| Answer::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    let http = Http::new(fake.url());
    for _ in 0..3 {
        http.post("/connect", "").unwrap();
        // A process that ends closes its connections, whatever it has said about keeping them.
        fake.closes();
    }
    assert_eq!(fake.connections(), [0, 1, 2]);
}

#[test]
fn the_parts_can_be_used_in_threads_of_their_own() {
    let (fake, board) = board_reading(r#"{"value": 1}"#);
    let Board {
        mut light_sensor,
        mut led,
        mut delay,
    } = board;
    let mut second_delay = delay.clone();
    let threads = [
        thread::spawn(move || light_sensor.light_level().map(drop)),
        thread::spawn(move || led.set_high()),
        thread::spawn(move || {
            delay.delay_ns(1);
            Ok(())
        }),
        thread::spawn(move || {
            second_delay.delay_ns(1);
            Ok(())
        }),
    ];
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
    let requests = fake.requests();
    assert!(requests.contains(&READ.to_owned()), "{requests:?}");
    assert!(requests.contains(&LED_ON.to_owned()), "{requests:?}");
}
