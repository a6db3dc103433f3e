//! A capture of a check, read by tshark.

use std::env;
use std::process::Command;

use course::steps;

use super::{kit::xtask, root};

/// Skips where tshark is not there, but never where a skipped test is a failed one.
fn tshark(arguments: &[&str]) -> Option<String> {
    let output = match Command::new("tshark").args(arguments).output() {
        Ok(output) => output,
        Err(error) if env::var_os("NIGHTLIGHT_NO_SKIP").is_some() => panic!("tshark: {error}"),
        Err(_) => {
            eprintln!("skipped: there is no tshark");
            return None;
        }
    };
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn wireshark_reads_what_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcap").display().to_string();
    let last = steps().last().unwrap().name();
    let mut check = xtask(&["check", &last, "--solutions", "--pcap", &file]);
    let output = check.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{output:?}");

    // In the order of MQTT 3.1.1, table 2.1: what every step's programs exchange.
    let Some(types) = tshark(&["-r", &file, "-T", "fields", "-e", "mqtt.msgtype"]) else {
        return;
    };
    for (number, name) in [
        (1, "CONNECT"),
        (2, "CONNACK"),
        (3, "PUBLISH"),
        (8, "SUBSCRIBE"),
        (9, "SUBACK"),
        (14, "DISCONNECT"),
    ] {
        let number = number.to_string();
        assert!(types.lines().any(|line| line == number), "no {name}");
    }
    for wrong in [
        "_ws.malformed",
        "tcp.analysis.lost_segment",
        "ip.checksum.status == 0",
    ] {
        let frames = tshark(&["-o", "ip.check_checksum:TRUE", "-r", &file, "-Y", wrong]).unwrap();
        assert_eq!(frames, "", "{wrong}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_said() {
    let name = steps()[0].name();
    let mut check = xtask(&[
        "check",
        &name,
        "--solutions",
        "--pcap",
        "no/such/folder/run.pcap",
    ]);
    let output = check.current_dir(root()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("run.pcap cannot be written"), "{error}");
}
