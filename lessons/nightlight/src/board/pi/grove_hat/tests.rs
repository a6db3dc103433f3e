use std::collections::{HashMap, VecDeque};

use super::*;

/// What a call on the bus was, in the order of the calls.
#[derive(Debug, PartialEq)]
enum Call {
    SendByte(u8, u8),
    ReadWord(u8, u8),
}
use Call::{ReadWord, SendByte};

/// A bus with devices, each with the words that its registers give one after the other.
#[derive(Debug, Default)]
struct Bus {
    registers: HashMap<(u8, u8), VecDeque<Result<u16, &'static str>>>,
    calls: Vec<Call>,
}

impl Bus {
    fn with(mut self, address: u8, register: u8, words: &[Result<u16, &'static str>]) -> Self {
        let words = words.iter().copied().collect();
        self.registers.insert((address, register), words);
        self
    }
}

impl SmBus for &mut Bus {
    type Error = &'static str;

    fn smbus_send_byte(&mut self, address: u8, byte: u8) -> Result<(), Self::Error> {
        self.calls.push(SendByte(address, byte));
        let answers = self.registers.keys().any(|(known, _)| *known == address);
        answers.then_some(()).ok_or("Remote I/O error")
    }

    fn smbus_read_word(&mut self, address: u8, command: u8) -> Result<u16, Self::Error> {
        self.calls.push(ReadWord(address, command));
        let words = self.registers.get_mut(&(address, command));
        words
            .and_then(VecDeque::pop_front)
            .unwrap_or(Err("Remote I/O error"))
    }
}

fn level(bus: &mut Bus) -> Result<u16, String> {
    let mut hat = GroveHat::find(bus).map_err(|error| error.to_string())?;
    hat.light_level().map_err(|error| error.to_string())
}

#[test]
fn a_register_is_named_by_a_byte_before_it_is_read() {
    let mut bus = Bus::default()
        .with(0x04, 0x00, &[Ok(4)])
        .with(0x04, 0x30, &[Ok(250)]);

    assert_eq!(level(&mut bus), Ok(250));

    let calls = [
        SendByte(0x04, 0x00),
        ReadWord(0x04, 0x00),
        SendByte(0x04, 0x30),
        ReadWord(0x04, 0x30),
    ];
    assert_eq!(bus.calls, calls);
}

#[test]
fn both_hats_are_known() {
    for id in [4, 5] {
        let mut bus = Bus::default()
            .with(0x04, 0x00, &[Ok(id)])
            .with(0x04, 0x30, &[Ok(1)]);
        assert_eq!(level(&mut bus), Ok(1));
    }
}

#[test]
fn the_second_address_is_asked_when_nothing_answers_at_the_first() {
    let mut bus = Bus::default()
        .with(0x08, 0x00, &[Ok(4)])
        .with(0x08, 0x30, &[Ok(7)]);

    assert_eq!(level(&mut bus), Ok(7));
    assert_eq!(bus.calls[0], SendByte(0x04, 0x00));
    assert_eq!(bus.calls[1], SendByte(0x08, 0x00));
}

#[test]
fn the_second_address_is_asked_when_another_device_has_the_first() {
    let mut bus = Bus::default()
        .with(0x04, 0x00, &[Ok(0x1234)])
        .with(0x08, 0x00, &[Ok(4)])
        .with(0x08, 0x30, &[Ok(7)]);
    assert_eq!(level(&mut bus), Ok(7));
}

#[test]
fn the_first_address_wins_when_both_answer() {
    let mut bus = Bus::default()
        .with(0x04, 0x00, &[Ok(4)])
        .with(0x04, 0x30, &[Ok(1)])
        .with(0x08, 0x00, &[Ok(4)])
        .with(0x08, 0x30, &[Ok(2)]);
    assert_eq!(level(&mut bus), Ok(1));
}

#[test]
fn without_a_hat_the_error_says_what_was_seen_at_each_address() {
    let error = level(&mut Bus::default().with(0x08, 0x00, &[Ok(0x1234)])).unwrap_err();
    assert!(error.starts_with("no Grove Base Hat"), "{error}");
    assert!(error.contains("0x04: Remote I/O error"), "{error}");
    assert!(
        error.contains("0x08: another device, with id 0x1234"),
        "{error}"
    );
}

#[test]
fn the_scale_ends_at_1000() {
    for edge in [0, 1000] {
        let mut bus = Bus::default()
            .with(0x04, 0x00, &[Ok(4)])
            .with(0x04, 0x30, &[Ok(edge)]);
        assert_eq!(level(&mut bus), Ok(edge));
    }
    for beyond in [1001, u16::MAX] {
        let mut bus = Bus::default()
            .with(0x04, 0x00, &[Ok(4)])
            .with(0x04, 0x30, &[Ok(beyond)]);
        let error = level(&mut bus).unwrap_err();
        let start = format!("socket A0 of the Grove Base Hat gave {beyond},");
        assert!(error.starts_with(&start), "{error}");
        assert!(error.contains("from 0 to 1000"), "{error}");
    }
}

#[test]
fn a_bus_error_is_one_failed_reading_and_no_more() {
    let mut bus = Bus::default().with(0x04, 0x00, &[Ok(4)]).with(
        0x04,
        0x30,
        &[Ok(1), Err("Input/output error"), Ok(3)],
    );
    let mut hat = GroveHat::find(&mut bus).unwrap();

    assert_eq!(hat.light_level().unwrap(), 1);
    let error = hat.light_level().unwrap_err().to_string();
    assert!(error.contains("address 0x04"), "{error}");
    assert!(
        error.contains("register 0x30: Input/output error"),
        "{error}"
    );
    assert_eq!(hat.light_level().unwrap(), 3);
}
