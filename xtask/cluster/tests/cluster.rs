//! A node as a user starts it: who can reach it, what is left of it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use rabbitmq::Cluster;

/// Says that RabbitMQ is not there, and fails where that is no excuse.
fn skipped() -> bool {
    let found = Cluster::is_here();
    if !found {
        let words = "SKIPPED: RabbitMQ is not installed";
        assert!(env::var_os("NIGHTLIGHT_NO_SKIP").is_none(), "{words}");
        eprintln!("{words}");
    }
    !found
}

/// A cluster of one that keeps its files in a folder of its own.
struct Started {
    process: Child,
    output: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
    /// Where it speaks MQTT.
    mqtt: String,
}

impl Started {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_cluster"))
            .args(["--cluster", "1"])
            .env("TMPDIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mqtt = loop {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "it has ended");
            if let Some((_, rest)) = line.split_once("mqtt://") {
                break rest.split_whitespace().next().unwrap().to_owned();
            }
        };
        Self {
            process,
            output,
            folder,
            mqtt,
        }
    }

    /// It and all that it has started know the folder.
    fn processes(&self) -> Vec<PathBuf> {
        let all = fs::read_dir("/proc").unwrap().flatten();
        let known = self.folder.path().display().to_string();
        let ours = all.map(|entry| entry.path()).filter(|process| {
            let environment = fs::read(process.join("environ")).unwrap_or_default();
            String::from_utf8_lossy(&environment).contains(&known)
        });
        ours.collect()
    }

    /// Its exit status, and its last words.
    fn ends(&mut self) -> (ExitStatus, String) {
        let mut words = String::new();
        self.output.read_to_string(&mut words).unwrap();
        (self.process.wait().unwrap(), words)
    }

    fn leaves_nothing(&self) {
        // Erlang's own helpers end when they notice that their node is gone.
        let mut tries = 0..1_000;
        while !self.processes().is_empty() && tries.next().is_some() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert_eq!(self.processes(), Vec::<PathBuf>::new());
        let files = fs::read_dir(self.folder.path()).unwrap().flatten();
        assert_eq!(files.map(|file| file.path()).next(), None);
        TcpStream::connect(&self.mqtt).unwrap_err();
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Killed, it could not end its node. Mostly it has ended by now.
        let id = self.process.id().to_string();
        let _ = Command::new("kill").args(["-INT", &id]).output();
        let _ = self.process.wait();
    }
}

/// The addresses on which these processes listen, as Linux writes them (proc(5)).
fn listened(processes: &[PathBuf]) -> BTreeSet<String> {
    let sockets = processes.iter().flat_map(|process| {
        let files = fs::read_dir(process.join("fd")).into_iter().flatten();
        let links = files
            .flatten()
            .filter_map(|file| fs::read_link(file.path()).ok());
        links
            .map(|link| link.display().to_string())
            .collect::<Vec<_>>()
    });
    let sockets: BTreeSet<String> = sockets.collect();
    let mut addresses = BTreeSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table).unwrap_or_default().lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [_, local, _, "0A", _, _, _, _, _, inode, ..] = words[..] else {
                continue;
            };
            if sockets.contains(&format!("socket:[{inode}]")) {
                let (address, _) = local.split_once(':').unwrap();
                addresses.insert(address.to_owned());
            }
        }
    }
    addresses
}

#[test]
fn all_of_it_listens_on_loopback_and_ctrl_c_ends_all_of_it() {
    if skipped() {
        return;
    }
    let mut started = Started::new();
    TcpStream::connect(&started.mqtt).unwrap();
    let processes = started.processes();
    assert!(
        processes.len() > 3,
        "node, register of nodes, itself: {processes:?}"
    );
    let loopback = ["0100007F", "00000000000000000000000001000000"];
    let addresses = listened(&processes);
    assert!(addresses.contains(loopback[0]), "{addresses:?}");
    let wider: Vec<&String> = addresses
        .iter()
        .filter(|address| !loopback.contains(&address.as_str()))
        .collect();
    assert!(wider.is_empty(), "{wider:?}");

    let id = started.process.id().to_string();
    let asked = Command::new("kill").args(["-INT", &id]).status();
    assert!(asked.unwrap().success());
    let (status, _) = started.ends();
    assert_eq!(status.code(), Some(0));
    started.leaves_nothing();
}

#[test]
fn a_node_is_killed_by_its_number_and_with_the_last_one_it_ends() {
    if skipped() {
        return;
    }
    let mut started = Started::new();
    let mut input = started.process.stdin.take().unwrap();
    input.write_all(b"7\n1\n").unwrap();
    let (status, words) = started.ends();
    assert!(
        words.contains("Type the number of a node that runs: 1."),
        "{words}"
    );
    assert!(
        words.contains("node1@localhost is gone. No node is left."),
        "{words}"
    );
    assert_eq!(status.code(), Some(0));
    started.leaves_nothing();
}
