//! `cargo xtask run`: a step's programs, live, around a board to play with.

mod cast;
mod gossip;
mod offline;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use arena::broker::{Broker, BrokerChoice, MQTT_PORT};
use arena::loopback;
use live::LiveBoard;
use live::stage::{Play, Player, Stage};
use nightlight::{Origin, Settings, SettingsError};

use super::serve::gate::{self, Gate};
use super::serve::{open_board, open_page};
use crate::cli::Run;
use crate::{forwarding, port};
use cast::{Cast, Crew};
use checks::compile::Built;
use terminal::exit::FAILED;
use terminal::interrupt::Interrupts;
use terminal::say;

/// How old a reading may be and still count, unless the settings say otherwise.
const STALE_AFTER: Duration = Duration::from_secs(15);

/// Letters and digits of an id that is drawn: enough that no two learners draw the same.
const ID_LENGTH: usize = 12;

/// Runs until Ctrl-C.
pub async fn run(root: &Path, arguments: &Run) -> anyhow::Result<ExitCode> {
    let named = arguments.step.as_deref();
    let named = named.map(course::find_lesson_or_firmware);
    if let Some(step) = named.transpose()?.filter(|step| step.number == 0) {
        return offline::run(root, step, arguments).await;
    }
    let mut interrupts = Interrupts::listen()?;
    let prepared = tokio::select! {
        prepared = prepare(root, arguments) => prepared?,
        () = interrupts.next() => bail!("interrupted"),
    };
    let Some(Prepared {
        board,
        gate,
        broker,
        play,
        // The programs lie there, and may be started again.
        kept: _kept,
    }) = prepared
    else {
        return Ok(ExitCode::from(FAILED));
    };
    let names = play.players.iter().flat_map(Player::instances);
    let width = names.map(|instance| instance.name().len()).max();
    let (id, over_tls) = (play.id.clone(), play.over_tls);
    let width = width.unwrap_or_default().max("broker".len());
    let (stage, gossip) = Stage::open(play, &broker.choice, board.feed()).await?;
    board.set_stage(Arc::clone(&stage));

    let url = board.url();
    let mut way_in = way_in(&broker, stage.broker_port().await, &id);
    if !over_tls {
        way_in += &for_others(&broker, stage.broker_port().await, &id, &url);
    }
    // It ends when it is dropped.
    let client = open_for_clients(gate, &stage, &arguments.allow_host).await?;
    let client_page = client.as_ref().map(|client| client.page(Some(&id)));
    board
        .feed()
        .update(|now| now.client_page.clone_from(&client_page));
    let client_page = client_page.map_or(String::new(), |page| {
        format!("  Client: {page}   <- a page that is one more client\n")
    });
    say::sentences(&format!(
        "  Broker: {}{}\n{}  Board:  {}   <- open this in a browser\n{client_page}  Ctrl-C ends \
         everything.\n\n",
        stage.broker_url().await,
        broker.why(),
        way_in,
        say::paint(say::STRONG, &url)
    ))?;
    show(&board, arguments.open)?;
    tokio::select! {
        () = gossip::follow(gossip, width) => {}
        () = interrupts.next() => {}
    }
    say::sentences("\nEnding.\n")?;
    tokio::select! {
        () = stage.close() => {}
        // Who asks twice does not want to wait. Dropping the stage kills what is left.
        () = interrupts.next() => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets pages in that are clients themselves, on a line of the stage.
async fn open_for_clients(
    gate: Option<Gate>,
    stage: &Stage,
    names: &[String],
) -> anyhow::Result<Option<gate::Open>> {
    match gate.zip(stage.way_in_for_browsers()) {
        Some((gate, way_in)) => Ok(Some(gate.open(way_in, names).await?)),
        None => Ok(None),
    }
}

/// Says where else the board's page is, and opens it if that is wished.
fn show(board: &LiveBoard, open: bool) -> anyhow::Result<()> {
    if let Some(name) = forwarding::name_of(board.port()) {
        say::sentences(&format!(
            "  In your browser the board is https://{name}\n\n"
        ))?;
    }
    if open {
        open_page(&board.url())?;
    }
    Ok(())
}

/// How other clients come to the run's broker, and why it is where it is.
fn way_in(broker: &Chosen, port: u16, id: &str) -> String {
    if broker.choice.is_foreign() {
        return String::new();
    }
    let mut words = String::new();
    let at = if port == MQTT_PORT {
        String::new()
    } else {
        if broker.choice == BrokerChoice::Embedded {
            let holder = port::has(MQTT_PORT, "a broker");
            words += &format!("          Port {MQTT_PORT} is taken by {holder}.\n");
        }
        format!(" -p {port}")
    };
    words += &format!("          To listen in: mosquitto_sub -h 127.0.0.1{at} -t \"{id}/#\" -v\n");
    words
}

/// What to set for one more program of the step, where its defaults do not lead here. A program that
/// takes an encrypted broker only cannot come at all.
fn for_others(broker: &Chosen, port: u16, id: &str, board: &str) -> String {
    let is_default = port == MQTT_PORT && board.ends_with(":5000");
    if is_default || broker.choice.is_foreign() {
        return String::new();
    }
    format!(
        "          For a program that you start yourself, set NIGHTLIGHT_ID={id}, \
         NIGHTLIGHT_BROKER=mqtt://127.0.0.1:{port} and NIGHTLIGHT_BOARD={board}.\n"
    )
}

struct Prepared {
    board: LiveBoard,
    /// Where a page comes in that is a client itself.
    gate: Option<Gate>,
    broker: Chosen,
    play: Play,
    kept: Vec<Built>,
}

/// Everything that can be wrong is found before anything is started. Nothing is returned when the
/// sources do not compile, which is said.
async fn prepare(root: &Path, arguments: &Run) -> anyhow::Result<Option<Prepared>> {
    let cast = Cast::choose(root, arguments)?;
    let way_out = "cargo xtask run --board-port 0";
    let place = loopback::at(arguments.board_port);
    let board = open_board(place, &arguments.allow_host, way_out, |_| ()).await?;
    let way_out = "cargo xtask run --ws 0";
    let gate = (arguments.ws).map(|port| Gate::prepare(root, port, way_out));
    let gate = gate.transpose()?;
    // Before anything is compiled: a broker that is not there should be said at once.
    let broker = Chosen::from(arguments)?;
    let started = Broker::start(&broker.choice).await;
    drop(started.with_context(|| broker.failed())?);
    let Named { id, stale_after } = choose()?;
    say::sentences(&format!("{}Building it.\n", cast.words()))?;
    let Crew { players, kept } = match cast.build(root).await? {
        Ok(crew) => crew,
        Err(rejected) => {
            say::out(&rejected)?;
            return Ok(None);
        }
    };
    let play = Play {
        title: cast.title(),
        step: cast.step(),
        id,
        players,
        folder: root.to_owned(),
        board: board.url(),
        stale_after,
        over_tls: cast.is_over_tls(),
        has_browser: gate.is_some(),
    };
    Ok(Some(Prepared {
        board,
        gate,
        broker,
        play,
        kept,
    }))
}

/// Which broker it is, and who said so.
struct Chosen {
    choice: BrokerChoice,
    /// Where the settings name it, if they do and nobody has asked for another.
    origin: Option<Origin>,
}

impl Chosen {
    /// The one that was asked for; else the one that the programs would take by themselves, if it
    /// is written anywhere; else ours.
    fn from(arguments: &Run) -> anyhow::Result<Self> {
        if let Some(choice) = arguments.broker.clone() {
            let origin = None;
            return Ok(Self { choice, origin });
        }
        Ok(match Settings::written_broker()? {
            Some((broker, origin)) => Self {
                choice: BrokerChoice::Remote(broker),
                origin: Some(origin),
            },
            None => Self {
                choice: BrokerChoice::Embedded,
                origin: None,
            },
        })
    }

    fn why(&self) -> String {
        let why = self
            .origin
            .as_ref()
            .map(|origin| format!(" (from {origin})"));
        why.unwrap_or_default()
    }

    fn failed(&self) -> String {
        match &self.origin {
            Some(origin) => format!("{origin} names a broker"),
            None => "nothing was started".to_owned(),
        }
    }
}

/// What the settings say, for all programs and for the page.
struct Named {
    id: String,
    stale_after: Duration,
}

/// From the settings; an id that is not there is drawn.
fn choose() -> anyhow::Result<Named> {
    match Settings::read() {
        Ok(settings) => {
            say::sentences(&format!("Your id is {}.\n", settings.id))?;
            Ok(Named {
                id: settings.id,
                stale_after: settings.stale_after,
            })
        }
        Err(SettingsError::MissingId { .. }) => {
            let tail: String = std::iter::repeat_with(fastrand::alphanumeric)
                .map(|letter| letter.to_ascii_lowercase())
                .take(ID_LENGTH)
                .collect();
            let id = format!("nl-{tail}");
            say::sentences(&format!(
                "You have not chosen an id, so this run has a fresh one: {id}. To keep one, write \
                 `id = \"{id}\"` into nightlight.toml.\n"
            ))?;
            Ok(Named {
                id,
                stale_after: STALE_AFTER,
            })
        }
        Err(error) => Err(error.into()),
    }
}
