//! `--pcap DIR`: what crossed the wire in each step, for Wireshark.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::class::{Class, right, step1};

/// The largest that a capture may be.
const MOST: u64 = 4 << 20;

/// Publishes without end, as much as it can.
const FLOOD: &str = r#"
use rumqttc::{Client, MqttOptions, QoS};
fn main() {
    let settings = nightlight::Settings::load().unwrap();
    let broker = &settings.broker;
    let options = MqttOptions::new("flood", &broker.host, broker.port);
    let (client, mut connection) = Client::new(options, 10);
    std::thread::spawn(move || {
        loop {
            let _ = client.publish("flood", QoS::AtMostOnce, false, vec![b'x'; 5_000]);
        }
    });
    for _ in connection.iter() {}
}
"#;

fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Its packets' types, where tshark is there; never skipped where a skipped test is a failed one.
fn types(file: &Path) -> Option<String> {
    let arguments = ["-T", "fields", "-e", "mqtt.msgtype", "-r"];
    let output = match Command::new("tshark").args(arguments).arg(file).output() {
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
fn each_step_that_was_played_has_a_capture_of_its_own() {
    let class = Class::new();
    class.folder("ada", &right(&[1, 2]));
    class.folder("Ada", &step1("fn main() {}"));
    class.folder("dora", &step1("fn main() { let x: u8 = \"no\"; }"));
    class.folder("erin", &step1(FLOOD));
    let folder = class.path("packets");
    let pcap = ["--pcap", folder.to_str().unwrap()];

    let (status, said) = class.grade(&[&pcap[..], &["--seed", "7"]].concat());

    assert_eq!(status, 0, "{said}");
    // Whom capitals alone tell apart, some file systems would not. What does not compile is not played.
    let found = names(&folder);
    let [other, first, second, flood] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(
        other.starts_with("Ada~") && other.ends_with("-step1.pcap"),
        "{other}"
    );
    assert_eq!(
        [first, second, flood],
        ["ada-step1.pcap", "ada-step2.pcap", "erin-step1.pcap"]
    );
    assert_eq!(class.verdict("erin", "step1")["status"], "resource_limit");
    for name in &found {
        let length = fs::metadata(folder.join(name)).unwrap().len();
        assert!(length <= MOST, "{name}: {length}");
    }
    // CONNECT, CONNACK and PUBLISH (MQTT 3.1.1, table 2.1).
    for (name, wanted) in [(second, ["1", "2", "3"]), (flood, ["1", "2", "3"])] {
        let Some(types) = types(&folder.join(name)) else {
            return;
        };
        for wanted in wanted {
            assert!(
                types.lines().any(|line| line == wanted),
                "{name}: no {wanted}"
            );
        }
    }

    // By number, where names are not to be seen.
    let folder = class.path("without-names");
    let again = [
        "--anonymous",
        "--only",
        "ada/step1",
        "--pcap",
        folder.to_str().unwrap(),
    ];
    let (status, said) = class.grade(&again);
    assert_eq!(status, 0, "{said}");
    let key = class.result("key.csv");
    let number = key.lines().find(|line| line.ends_with(",ada"));
    let number = number.unwrap().split(',').next().unwrap().replace(' ', "-");
    assert_eq!(names(&folder), [format!("{number}-step1.pcap")]);
}

#[test]
fn a_folder_that_cannot_be_made_is_told_before_anything_is_graded() {
    let class = Class::new();
    class.folder("ada", &step1("fn main() {}"));
    let file = class.path("submissions/ada/step1-connect/src/main.rs");
    let (status, said) = class.grade(&["--pcap", file.join("x").to_str().unwrap()]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("main.rs"), "{said}");
    assert!(!class.out().exists());
}
