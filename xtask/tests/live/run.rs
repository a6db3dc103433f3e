//! `cargo xtask run`, as a terminal sees it.

use std::net::TcpListener;

use course::{DEVICE, Step, step_zero, steps};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet};

use crate::both;
use crate::counterfit::Board;
use crate::serving::{LIMIT, Serving, output, port_in, signal, xtask};

/// The programs that were given this id; only Linux tells.
fn programs_of(id: &str) -> Vec<u32> {
    let wanted = format!("NIGHTLIGHT_ID={id}\0");
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let given = processes.filter_map(|process| {
        let process: u32 = process.ok()?.file_name().to_str()?.parse().ok()?;
        let environment = std::fs::read(format!("/proc/{process}/environ")).ok()?;
        let program = std::fs::read_link(format!("/proc/{process}/exe")).ok()?;
        let ours = String::from_utf8_lossy(&environment).contains(&wanted)
            && program.to_string_lossy().contains("-solution");
        ours.then_some(process)
    });
    given.collect()
}

#[tokio::test]
async fn a_run_shows_everybody_and_leaves_nobody_behind() {
    let id = "run-everybody";
    let step = both().name();
    let mut run = Serving::start(&["run", &step, "--solutions", "--board-port", "0"], id);
    run.until("Your id is run-everybody").await;
    let title = format!("Step {}, {}", both().number, both().title);
    run.until(&title).await;
    run.until("Board:  http://127.0.0.1:").await;
    run.until("broker * running").await;
    run.until("device * connected. The broker knows it as run-everybodynightlight_client")
        .await;
    run.until("server * connected").await;
    run.until("device | Sending telemetry  {\"light\":0}").await;
    run.until("server | Message received: {\"light\":0}").await;
    run.until("device | Message received: {\"led_on\":true}")
        .await;
    if cfg!(target_os = "linux") {
        assert_eq!(programs_of(id).len(), 2);
    }
    let (status, said) = run.end().await;
    assert!(status.success(), "{said:?}");
    assert!(programs_of(id).is_empty());
}

#[tokio::test]
async fn a_killed_runner_takes_its_programs_with_it_on_terminate() {
    let id = "run-terminated";
    let mut run = Serving::start(&["run", "step2", "--solutions", "--board-port", "0"], id);
    run.until("device * connected").await;
    signal("TERM", run.process.id().unwrap());
    let ended = tokio::time::timeout(LIMIT, run.process.wait()).await;
    assert!(ended.unwrap().unwrap().success());
    assert!(programs_of(id).is_empty());
}

#[tokio::test]
async fn another_client_of_the_same_name_is_named_as_the_cause() {
    let id = "run-twins";
    let first = steps().first().unwrap();
    let mut run = Serving::start(
        &["run", &first.name(), "--solutions", "--board-port", "0"],
        id,
    );
    let broker = run.until("Broker: mqtt://").await;
    let port = broker.rsplit(':').next().unwrap().trim().parse().unwrap();
    run.until("device * connected").await;
    let name = first.program(DEVICE).unwrap().client_name(id);
    let options = MqttOptions::new(&name, "127.0.0.1", port);
    let (_twin, mut events) = AsyncClient::new(options, 1);
    while !matches!(
        events.poll().await.unwrap(),
        Event::Incoming(Packet::ConnAck(_))
    ) {}
    let told = run.until("device * thrown out").await;
    assert!(told.contains(&format!("your name, {name}")), "{told}");
    run.until("device | The connection is lost").await;
    run.until("device | If that goes on, another client may have the same name.")
        .await;
    assert!(run.end().await.0.success());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_program_that_dies_is_reported() {
    let id = "run-dies";
    let mut run = Serving::start(&["run", "step1", "--solutions", "--board-port", "0"], id);
    run.until("device * connected").await;
    let [device] = programs_of(id)[..] else {
        panic!("{:?}", run.said);
    };
    signal("KILL", device);
    run.until("device * ended. It was killed by signal 9").await;
    assert!(run.end().await.0.success());
}

#[tokio::test]
async fn a_run_says_how_other_clients_come_to_its_broker() {
    // Most of the time this test has MQTT's own port, and sometimes one beside it has.
    let _taken = TcpListener::bind(("127.0.0.1", 1883));
    let id = "run-way-in";
    let mut run = Serving::start(&["run", "step1", "--solutions", "--board-port", "0"], id);
    let listen = run.until("To listen in: mosquitto_sub").await;
    assert!(listen.contains("-t \"run-way-in/#\""), "{listen}");
    let port = match listen.split_once(" -p ") {
        Some((_, port)) => {
            run.until("Port 1883 is taken by ").await;
            port.split(' ').next().unwrap()
        }
        None => "1883",
    };
    run.until(&format!("NIGHTLIGHT_BROKER=mqtt://127.0.0.1:{port}"))
        .await;
    assert!(run.end().await.0.success());
}

#[tokio::test]
async fn a_server_alone_gets_a_device_and_that_is_said() {
    let has_device = |step: &&Step| step.program(DEVICE).is_ok();
    let alone = steps().iter().position(|step| !has_device(&step)).unwrap();
    let lender = steps()[..alone].iter().rfind(has_device).unwrap();
    let step = steps()[alone].name();
    let arguments = ["run", &step, "--solutions", "--board-port", "0"];
    let mut run = Serving::start(&arguments, "run-partner");
    let words = format!(
        "device: solutions/{}. This step has no device, so it is that of {}",
        lender.folder,
        lender.name()
    );
    run.until(&words).await;
    run.until("server | Message received: {\"light\":0}").await;
    assert!(run.end().await.0.success());
}

#[tokio::test]
async fn a_program_runs_as_several_devices_and_as_many_as_are_asked_for() {
    let id = "run-several";
    let has_several = |step: &&Step| step.program(DEVICE).is_ok_and(|it| it.instances > 1);
    let step = steps().iter().find(has_several).unwrap();
    let program = step.program(DEVICE).unwrap();
    let name = step.name();
    let arguments = ["run", &name, "--solutions", "--board-port", "0"];
    let mut run = Serving::start(&[&arguments[..], &["--devices", "2"]].concat(), id);
    run.until("It runs as device1, device2, each with a board of its own")
        .await;
    for device in ["device1", "device2"] {
        let client = program.client_name_as(device, id);
        let words = format!("{device} * connected. The broker knows it as {client}");
        run.until(&words).await;
        run.until(&format!(
            "server  | Message received: 640 from \"{device}\""
        ))
        .await;
        run.until(&format!(
            "{device} | Message received: {{\"led_on\":false}}"
        ))
        .await;
    }
    if cfg!(target_os = "linux") {
        assert_eq!(programs_of(id).len(), 3);
    }
    let (status, said) = run.end().await;
    assert!(status.success(), "{said:?}");
    assert!(
        !said.iter().any(|line| line.contains("device3")),
        "{said:?}"
    );
    assert!(programs_of(id).is_empty());
}

#[tokio::test]
async fn step_zero_leaves_the_lamp_on_until_it_has_a_guard() {
    let step = step_zero().name();
    for (whose, lamp) in [(None, "on"), (Some("--solutions"), "off")] {
        let arguments = ["run", &step, "--board-port", "0"].into_iter().chain(whose);
        let arguments: Vec<_> = arguments.collect();
        let mut run = Serving::start(&arguments, "run-offline");
        let board = Board(port_in(&run.until("Board:  http://127.0.0.1:").await));
        run.until("device | Light level: 0").await;
        board.until_led("on").await;
        board.set_light(640).await;
        run.until("device | Light level: 640").await;
        board.until_led("off").await;
        board.set_light(299).await;
        board.until_led("on").await;
        // The first Ctrl-C is for the program alone.
        signal("INT", run.process.id().unwrap());
        run.until("The program has ended.").await;
        board.until_led(lamp).await;
        let (status, said) = run.end().await;
        assert!(status.success(), "{said:?}");
        assert!(!said.iter().any(|line| line.contains("Broker")), "{said:?}");
    }
}

#[tokio::test]
async fn a_run_goes_to_the_broker_that_the_settings_name() {
    let mut broker = Serving::start(&["broker", "--port", "0"], "run-settings");
    let said = broker.until("A broker listens on ").await;
    let url = said.split(' ').find(|word| word.starts_with("mqtt:"));
    let url = url.unwrap().trim_end_matches('.');
    let mut command = xtask(
        &["run", "step1", "--solutions", "--board-port", "0"],
        "run-settings",
    );
    command.env("NIGHTLIGHT_BROKER", url);
    let mut run = Serving::of(command);
    let words = "(from the environment variable NIGHTLIGHT_BROKER)";
    let named = run.until(words).await;
    assert!(named.contains(url), "{named}");
    run.until("device * connected").await;
    assert!(run.end().await.0.success());
    assert!(broker.end().await.0.success());
}

#[tokio::test]
async fn a_port_in_use_is_said_with_the_way_out() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (arguments, way_out) in [
        (
            ["run", "--solutions", "--board-port", &port].as_slice(),
            "cargo xtask run --board-port 0",
        ),
        (&["board", "--port", &port], "cargo xtask board --port 0"),
        (&["broker", "--port", &port], "cargo xtask broker --port 0"),
    ] {
        let output = output(arguments, "run-port").await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(&port), "{said}");
        assert!(said.contains(way_out), "{said}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_before_anything_starts() {
    for (arguments, id, reason) in [
        (
            ["run", "step99"].as_slice(),
            "run-wrong",
            "no step `step99`",
        ),
        (
            &["run", "step1", "--solutions", "--devices", "2"],
            "run-wrong",
            "step1 has one device at most",
        ),
        (
            &["run", "step0", "--solutions", "--broker", "embedded"],
            "run-wrong",
            "no broker",
        ),
        (&["check", "step0"], "run-wrong", "nothing is checked there"),
        (
            &["run", "step1", "--solutions", "--devices", "13"],
            "run-wrong",
            "1..=12",
        ),
        (
            &["run", "--solutions", "--board-port", "0"],
            "a/b",
            "cannot be an id",
        ),
        (
            &[
                "run",
                "step1",
                "--solutions",
                "--board-port",
                "0",
                "--broker",
                "mqtt://127.0.0.1:1",
            ],
            "run-wrong",
            "does not answer",
        ),
    ] {
        let output = output(arguments, id).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(reason), "{said}");
    }
}

#[tokio::test]
async fn a_run_without_an_id_says_which_it_takes() {
    let mut command = xtask(&["run", "step1", "--solutions", "--board-port", "0"], "");
    // An empty variable counts as none; the file of a learner would count.
    let folder = tempfile::tempdir().unwrap();
    for room in ["xtask", "lessons", "solutions"] {
        std::fs::create_dir(folder.path().join(room)).unwrap();
    }
    command
        .current_dir(folder.path())
        .env_remove("CARGO_MANIFEST_DIR");
    let output = tokio::time::timeout(LIMIT, command.output())
        .await
        .unwrap()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("this run has a fresh one: nl-"), "{said}");
}
