//! The same bytes and the same verdict on a payload as the programs of step 4, which have all of
//! the standard library and a heap.

use nightlight_core::{
    Command, LONGEST_ID, Telemetry, client_name, commands_topic, is_dark, telemetry_topic,
};
use serde_json::{Value, json};

/// As step 4's device reads a command.
fn of_step_4(payload: &[u8]) -> Option<bool> {
    let command: Value = serde_json::from_slice(payload).ok()?;
    command["led_on"].as_bool()
}

/// Some are commands and most are none.
const PAYLOADS: &[&[u8]] = &[
    br#"{"led_on":true}"#,
    br#"{"led_on":false}"#,
    br#" { "led_on" : true } "#,
    b"\n{\t\"led_on\":\r\nfalse}\n",
    br#"{"led_on":true,"brightness":1.5e-3}"#,
    br#"{"before":{"led_on":false},"led_on":true}"#,
    br#"{"list":[1,[2,{"deep":null}],"]"],"led_on":false}"#,
    br#"{"text":"\"}","led_on":true}"#,
    br#"{"text":"\u00e9","led_on":true}"#,
    br#"{"led\u005fon":true}"#,
    "{\"größe\":1,\"led_on\":true}".as_bytes(),
    b"",
    b"{}",
    b"not json",
    b"true",
    b"null",
    b"led_on true",
    b"\xff\xfe",
    b"\xef\xbb\xbf{\"led_on\":true}",
    br#"{"led":true}"#,
    br#"{"LED_ON":false}"#,
    br#"{"led_on":"true"}"#,
    br#"{"led_on":""}"#,
    br#"{"led_on":True}"#,
    br#"{"led_on":truely}"#,
    br#"{"led_on":1}"#,
    br#"{"led_on":0}"#,
    br#"{"led_on":null}"#,
    br#"{"led_on":[true]}"#,
    br#"{"led_on":{"led_on":false}}"#,
    br#"{"command":{"led_on":true}}"#,
    br#"[{"led_on":true}]"#,
    br#"[true]"#,
    br#""led_on: true""#,
    br#"{'led_on':true}"#,
    br#"{led_on:true}"#,
    br#"{"led_on":true"#,
    br#"{"led_on":true]"#,
    br#"{"led_on":true,}"#,
    br#"{,"led_on":true}"#,
    br#"{"led_on":true "more":1}"#,
    br#"{"led_on":true} and more"#,
    br#"{"led_on":true} {}"#,
    br#"{"led_on":true,"more":}"#,
];

#[test]
fn a_payload_is_a_command_to_both_or_to_none() {
    assert!(PAYLOADS.len() >= 30);
    for payload in PAYLOADS {
        let here = Command::read(payload).ok().map(|command| command.led_on);
        assert_eq!(
            here,
            of_step_4(payload),
            "{}",
            String::from_utf8_lossy(payload)
        );
    }
}

/// What stands at other keys is skipped, not read. Of a key that is there twice, the standard says
/// nothing (RFC 8259, section 4).
#[test]
fn where_they_differ_is_known() {
    for (payload, here) in [
        (br#"{"led_on":true,"more":nul}"#.as_slice(), Some(true)),
        (br#"{"led_on":true,"more":01}"#, Some(true)),
        (br#"{"led_on":true,"led_on":false}"#, None),
    ] {
        let read = Command::read(payload).ok().map(|command| command.led_on);
        assert_eq!(read, here);
        assert_ne!(read, of_step_4(payload));
    }
}

#[test]
fn a_reading_is_told_in_the_same_bytes() {
    for light in [0, 1, 299, 300, 1023, u16::MAX] {
        let payload = Telemetry { light }.payload();
        let of_step_4 = json!({ "light": light }).to_string();
        assert_eq!(payload, of_step_4.as_bytes());
    }
}

#[test]
fn names_and_topics_begin_with_the_id_up_to_the_longest() {
    for id in ["ab", "x".repeat(LONGEST_ID).as_str()] {
        let name = format!("{id}nightlight_client");
        assert_eq!(client_name(id).as_deref(), Some(name.as_str()));
        let telemetry = format!("{id}/telemetry");
        assert_eq!(telemetry_topic(id).as_deref(), Some(telemetry.as_str()));
        let commands = format!("{id}/commands");
        assert_eq!(commands_topic(id).as_deref(), Some(commands.as_str()));
    }
    assert_eq!(client_name(&"x".repeat(LONGEST_ID + 1)), None);
}

#[test]
fn exactly_300_is_not_dark() {
    assert!(is_dark(0) && is_dark(299));
    assert!(!is_dark(300) && !is_dark(1023));
}
