//! Programs that send, print or ask without end: each gets its verdict, and the check stays small.

use checks::play::compile_and_play;
use checks::subject::Subject;
use course::verdict::{Status, Verdict};

use super::{first, root, subject_of};

/// A program with an MQTT connection that does `this` in its event loop, at each event.
fn program(this: &str) -> String {
    format!(
        r#"
use rumqttc::{{Client, MqttOptions, QoS}};
fn main() {{
    let settings = nightlight::Settings::load().unwrap();
    let name = format!("{{}}nightlight_client", settings.id);
    let mut options = MqttOptions::new(name, &settings.broker.host, settings.broker.port);
    options.set_max_packet_size(1 << 30, 1 << 30);
    let (client, mut connection) = Client::new(options, 4);
    let topic = format!("{{}}/flood", settings.id);
    std::thread::spawn(move || {{
        for number in 0.. {{
            let _: u64 = number;
            {this}
        }}
    }});
    for _ in connection.iter() {{}}
}}
"#
    )
}

async fn verdict_on(this: &str) -> Verdict {
    let (_folder, subject): (_, Subject) = subject_of(&program(this));
    let broker = Default::default();
    compile_and_play(&root(), &subject, first(), 3, &broker)
        .await
        .unwrap()
}

/// The most memory this process has had so far, in MiB.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes.unwrap().trim().parse::<u64>().unwrap() / 1024
}

#[cfg(not(target_os = "linux"))]
fn peak() -> u64 {
    0
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_ends_is_ended_before_it_fills_the_memory() {
    let large = "let _ = client.publish(&topic, QoS::AtMostOnce, false, vec![b'x'; 1 << 20]);";
    let kept = "let _ = client.publish(format!(\"{topic}/{number}\"), QoS::AtMostOnce, true, \
                vec![b'x'; 1 << 20]);";
    let asks = "let _ = client.subscribe(format!(\"{topic}/{number}\"), QoS::AtMostOnce);";
    let prints = "let _ = (&client, &topic, QoS::AtMostOnce); print!(\"dark \");";
    let (large, kept, asks, prints) = tokio::join!(
        verdict_on(large),
        verdict_on(kept),
        verdict_on(asks),
        verdict_on(prints)
    );
    for verdict in [large, kept, asks, prints] {
        assert_eq!(verdict.status, Status::ResourceLimit, "{verdict:#?}");
        assert_ne!(verdict.failed().count(), 0, "{verdict:#?}");
    }
    assert!(peak() < 200, "{} MiB", peak());
}
