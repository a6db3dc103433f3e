//! Programs that may throw a learner's own off the broker: those of before that still run here, and
//! those of somebody with the same id.

use std::path::Path;
use std::time::Duration;

use arena::broker::Broker;
use arena::peer::Peer;
use arena::wire::QoS;
use course::steps;

use super::Finding;
use crate::report::spinner::Spinner;

/// A device publishes every five seconds, by the lessons.
const PACE: Duration = Duration::from_secs(6);

/// Whether somebody publishes under this id just now. Whether that is one program or two cannot be
/// told from outside: who asked under a client's name would throw it out.
pub async fn under_the_id(broker: &Broker, id: &str) -> Option<Finding> {
    let _spinner = Spinner::new(format!("listening to what is published under {id}/ …"));
    let name = format!("nightlight-{}", fastrand::u32(..));
    let peer = Peer::connect(broker.endpoint(), &name).await.ok()?;
    // A broker that does not let us listen has its reasons.
    let granted = peer.subscribe(&format!("{id}/#"), QoS::AtMostOnce).await;
    let news = match granted {
        Ok(true) => peer.hears_news(PACE).await,
        _ => None,
    };
    peer.leave().await;
    let topic = news?.topic;
    Some(Finding::Note(
        format!("somebody publishes under your id there just now, to {topic}"),
        "If you run no program at the moment, one still runs, or somebody else has your id: then \
         choose another. Two programs with one client name throw each other off the broker."
            .into(),
    ))
}

/// Programs of the lessons that still run: two with one name throw each other off the broker.
pub fn leftovers(root: &Path) -> Vec<Finding> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let programs: Vec<_> = steps()
        .iter()
        .flat_map(|step| &step.programs)
        .flat_map(|program| {
            [
                program.binary.to_owned(),
                format!("{}-solution", program.binary),
            ]
        })
        .map(|name| root.join("target").join("debug").join(name))
        .collect();
    processes
        .flatten()
        .filter_map(|process| {
            let program = std::fs::read_link(process.path().join("exe")).ok()?;
            programs.contains(&program).then(|| {
                let number = process.file_name().to_string_lossy().into_owned();
                Finding::Note(
                    format!("{} still runs, as process {number}", program.display()),
                    "Two programs with one client name throw each other off the broker. End it \
                     with Ctrl-C where it runs, or with `kill` and that number."
                        .into(),
                )
            })
        })
        .collect()
}
