//! Where our device and server sit down with whoever plays with them, each on a recorded line.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arena::broker::Embedded;
use arena::clock::Clock;
use arena::line::Line;
use arena::loopback;
use arena::process::{Delivery, Launch, Supervised};
use arena::record::{Entry, Record};
use checks::compile::compile;
use checks::queries::{published, received};
use checks::subject::Subject;
use course::{DEVICE, ProgramId};
use rumqttc::mqttbytes::v4;

use crate::{both, root};

/// A test that waits longer than this hangs.
pub const LIMIT: Duration = Duration::from_secs(60);

/// One of the two programs, and what was seen of it.
pub struct Player {
    pub record: Arc<Record>,
    pub process: Supervised,
    _line: Line,
}

/// What players share.
pub struct Table {
    pub id: &'static str,
    pub broker: Embedded,
    /// What `NIGHTLIGHT_BOARD` is set to.
    pub board: String,
    pub record_of_device: Arc<Record>,
    pub clock: Arc<Clock>,
}

impl Table {
    pub async fn lay(id: &'static str, board: String) -> Self {
        Self {
            id,
            broker: Embedded::start(loopback::at(0)).await.unwrap(),
            board,
            record_of_device: Arc::default(),
            clock: Arc::default(),
        }
    }

    pub async fn seat(&self, role: ProgramId, program: PathBuf, arguments: &[&str]) -> Player {
        let record = match role {
            DEVICE => Arc::clone(&self.record_of_device),
            _ => Arc::default(),
        };
        let line = Line::open(
            self.broker.address(),
            Arc::clone(&self.clock),
            Arc::clone(&record),
        )
        .await
        .unwrap();
        let launch = Launch {
            program,
            arguments: arguments.iter().map(Into::into).collect(),
            delivery: Delivery::Environment,
            settings: BTreeMap::from([
                ("NIGHTLIGHT_ID", self.id.to_owned()),
                ("NIGHTLIGHT_BROKER", line.url()),
                ("NIGHTLIGHT_BOARD", self.board.clone()),
            ]),
            folder: root(),
        };
        let process =
            Supervised::start(&launch, Arc::clone(&self.clock), Arc::clone(&record)).unwrap();
        let player = Player {
            record,
            process,
            _line: line,
        };
        // From here on it hears everything.
        player
            .until("SUBACK", 0, |entries| {
                let is = |packet| matches!(packet, &v4::Packet::SubAck(_));
                entries.iter().filter_map(received).any(is)
            })
            .await;
        player
    }

    /// One of our solutions.
    pub async fn ours(&self, role: ProgramId) -> Player {
        let built = compile(&root(), &Subject::Solutions, both()).await.unwrap();
        let program = built.programs.into_iter().find(|(of, _)| *of == role);
        self.seat(role, program.unwrap().1, &[]).await
    }
}

impl Player {
    pub async fn until(&self, what: &str, start: usize, is: impl Fn(&[Entry]) -> bool) {
        let search = self
            .record
            .when(start, LIMIT, |entries| is(entries).then_some(()));
        if let Err(missed) = search.await {
            let seen = |entry: &Entry| format!("{:?}\n", entry.event);
            let seen = self
                .record
                .look(|entries| entries.iter().map(seen).collect::<String>());
            panic!("{what}: {missed}. Seen:\n{seen}");
        }
    }

    /// Waits until it has published such a message.
    pub async fn until_published(
        &self,
        what: &str,
        start: usize,
        is: impl Fn(&v4::Publish) -> bool,
    ) {
        self.until(what, start, |entries| published(entries).any(&is))
            .await;
    }
}
