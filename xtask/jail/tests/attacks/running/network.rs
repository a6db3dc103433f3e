//! Addresses that are not the broker's or the board's.

use std::io::Read;
use std::net::TcpListener;
use std::thread;

use jail::Ending;

use super::{REFUSED, as_it_is, stopped};
use crate::scene::{MACHINES, Machine, Scene, THROUGH, program};

#[test]
fn only_broker_and_board_can_be_reached() {
    let scene = Scene::new();
    let other = scene.other.local_addr().expect("an address").to_string();
    let datagrams = scene
        .datagrams
        .local_addr()
        .expect("an address")
        .to_string();
    stopped(&scene, "connect", &other, as_it_is, &REFUSED);
    stopped(&scene, "fast_open", &other, as_it_is, &REFUSED);
    stopped(&scene, "strange_sockets", "", as_it_is, &REFUSED);
    stopped(&scene, "udp", &datagrams, as_it_is, &REFUSED);
    stopped(
        &scene,
        "unix_socket",
        scene.socket.to_str().expect("a path"),
        as_it_is,
        &REFUSED,
    );
    stopped(
        &scene,
        "abstract_socket",
        &scene.abstract_name,
        as_it_is,
        &REFUSED,
    );

    let allowed = scene.allowed.local_addr().expect("an address").to_string();
    let elsewhere = scene
        .elsewhere
        .local_addr()
        .expect("an address")
        .to_string();
    for machine in MACHINES {
        let connect = |target: &str| {
            scene
                .outcome(machine, &scene.run(), &program("connect"), &[target])
                .1
                .ending
        };
        assert_eq!(
            connect(&allowed),
            Ending::Exited(THROUGH),
            "{machine:?} cannot reach its broker"
        );
        if machine != Machine::WithoutNamespaces {
            // The known gap of port rules, which the probe reports.
            assert_eq!(
                connect(&elsewhere),
                Ending::Exited(11),
                "{machine:?} reaches another machine"
            );
        }
    }
}

#[test]
fn the_last_words_of_a_program_get_outside() {
    // More than the sockets of two connections hold: the relay is not done when the program is.
    let scene = Scene::new();
    let address = scene.allowed.local_addr().expect("an address").to_string();
    for machine in MACHINES {
        let listener: TcpListener = scene.allowed.try_clone().expect("a listener");
        let heard = thread::spawn(move || {
            let (mut connection, _) = listener.accept().expect("a connection");
            let mut all = Vec::new();
            connection.read_to_end(&mut all).expect("bytes");
            all
        });
        let ending = scene
            .outcome(machine, &scene.run(), &program("last_words"), &[&address])
            .1
            .ending;
        assert_eq!(ending, Ending::Exited(THROUGH), "{machine:?}");
        let heard = heard.join().expect("no panic");
        assert!(heard.ends_with(b"goodbye"), "{machine:?}: {}", heard.len());
    }
}
