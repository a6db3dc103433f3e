//! The board at the other end of the machine's serial line.
//!
//! | the firmware says | the board answers |
//! |---|---|
//! | `settings?` | `settings {"id":"ab","broker":"10.0.2.2:1883","login":null,"retry_ms":1000,"seed":7}` |
//! | `light?` | `light 299`, or `light! ` and why there is none |
//! | `led 1`, `led 0` | |
//! | `delay 7 5000` | `done 7`, when 5,000 ms are over by the board's clock |
//! | `stopped` | |
//!
//! Unasked it says `stop`: the power will be switched off.

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::thread;

use anyhow::Context;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{OutputPin, PinState};
use nightlight::{Board, BrokerAddress, LightSensor, Settings};
use serde_json::{Value, json};

/// This computer, as QEMU's guest calls it.
const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);

/// A longer line is none of the table's: the firmware writes without end, in bytes.
const LONGEST: u64 = 4_096;

/// The line to the firmware, with the board behind it.
pub struct BoardLine {
    board: Board,
    settings: Value,
    line: TcpStream,
}

/// What can be said to the firmware at any time.
pub struct LastWord(TcpStream);

impl LastWord {
    /// The power will be switched off.
    pub fn stop(&self) {
        say(&self.0, "stop");
    }
}

/// A firmware that is gone does not mind.
fn say(mut line: &TcpStream, word: &str) {
    // One write: more than one thread answers.
    let _ = line.write_all(format!("{word}\n").as_bytes());
}

impl BoardLine {
    /// The board that the settings name, at this line.
    ///
    /// # Errors
    /// When there is no such board, or nobody knows where the broker is.
    pub fn new(settings: &Settings, line: TcpStream) -> anyhow::Result<Self> {
        Ok(Self {
            board: Board::open(settings)?,
            settings: told(settings)?,
            line,
        })
    }

    /// The same line, for who has something to say unasked.
    ///
    /// # Errors
    /// When this computer has no room for one more file.
    pub fn last_word(&self) -> anyhow::Result<LastWord> {
        Ok(LastWord(self.line.try_clone()?))
    }

    /// Answers until the firmware has taken its leave, or is gone. Says which: true for the first.
    pub fn serve(mut self) -> bool {
        let Ok(from) = self.line.try_clone() else {
            return false;
        };
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut limited = std::io::Read::take(&mut from, LONGEST);
            match limited.read_until(b'\n', &mut line) {
                Ok(1..) if line.ends_with(b"\n") => {}
                _ => return false,
            }
            let said = String::from_utf8_lossy(&line);
            match said.trim_end() {
                "stopped" => return true,
                said => self.answer(said),
            }
        }
    }

    fn answer(&mut self, said: &str) {
        let words: Vec<&str> = said.split(' ').collect();
        match words.as_slice() {
            ["settings?"] => say(&self.line, &format!("settings {}", self.settings)),
            ["light?"] => match self.board.light_sensor.light_level() {
                Ok(level) => say(&self.line, &format!("light {level}")),
                Err(error) => say(
                    &self.line,
                    &format!("light! {}", one_line(&error.to_string())),
                ),
            },
            ["led", "1"] => self.switch(PinState::High),
            ["led", "0"] => self.switch(PinState::Low),
            ["delay", number, ms] if number.parse::<u32>().is_ok() => match ms.parse() {
                Ok(ms) => self.delay(number, ms),
                Err(_) => unknown(said),
            },
            _ => unknown(said),
        }
    }

    fn switch(&mut self, state: PinState) {
        if let Err(error) = self.board.led.set_state(state) {
            eprintln!("{error}");
        }
    }

    /// The line goes on meanwhile.
    fn delay(&self, number: &str, ms: u32) {
        let (mut delay, number) = (self.board.delay.clone(), number.to_owned());
        match self.line.try_clone() {
            Ok(line) => drop(thread::spawn(move || {
                delay.delay_ms(ms);
                say(&line, &format!("done {number}"));
            })),
            Err(error) => eprintln!("The firmware waits in vain: {error}"),
        }
    }
}

fn unknown(said: &str) {
    eprintln!("The firmware says to the board what nobody understands: {said:?}");
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The settings, as the firmware is told them.
fn told(settings: &Settings) -> anyhow::Result<Value> {
    let login = settings.broker.login();
    let login = login.map(|(user, password)| json!({ "user": user, "password": password }));
    Ok(json!({
        "id": settings.id,
        "broker": address(&settings.broker)?,
        "login": login,
        "retry_ms": settings.retry_pause.as_millis(),
        "seed": RandomState::new().hash_one(settings.id.as_str()),
    }))
}

/// Where the broker is, as the firmware sees it: it looks up no names, and this computer is another to
/// it.
fn address(broker: &BrokerAddress) -> anyhow::Result<String> {
    let BrokerAddress { host, port, .. } = broker;
    let mut found = (host.as_str(), *port)
        .to_socket_addrs()
        .with_context(|| format!("nobody knows where the broker {host} is"))?;
    let found = found.find_map(|address| match address {
        SocketAddr::V4(address) => Some(*address.ip()),
        SocketAddr::V6(_) => None,
    });
    let found = found.with_context(|| format!("{host} has no IPv4 address"))?;
    let seen = if found.is_loopback() { HOST } else { found };
    Ok(format!("{seen}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_computer_is_another_to_the_machine() {
        let seen = |broker: &str| address(&broker.parse().unwrap()).unwrap();
        assert_eq!(seen("mqtt://127.0.0.1:1883"), "10.0.2.2:1883");
        assert_eq!(seen("mqtt://localhost:7"), "10.0.2.2:7");
        assert_eq!(seen("mqtt://192.0.2.1"), "192.0.2.1:1883");
    }
}
