//! Step 0: one program and a board, and no broker anywhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anstream::adapter::strip_str;
use anyhow::{Context, bail};
use arena::clock::Clock;
use arena::loopback;
use arena::process::{Delivery, Launch, Supervised};
use arena::record::{Budget, Entry, Event, Record, Stream};
use live::LiveBoard;
use live::stage::{Gossip, Instance};
use nightlight::Settings;
use tokio::sync::mpsc::{self, UnboundedSender};

use super::gossip;
use crate::cli::Run;
use crate::command::serve::open_board;
use crate::lesson;
use checks::compile::{self, CompileError};
use checks::subject::Subject;
use course::{DEVICE, Step};
use terminal::exit::FAILED;
use terminal::interrupt::Interrupts;
use terminal::say;

/// The library wants an id, which nobody but a broker gets to see.
const ID: &str = "offline";

/// How long what was printed is gathered: shorter than an eye notices.
const GATHER: Duration = Duration::from_millis(30);

/// Runs the program until Ctrl-C. The board stays until the next one, so that people see what the
/// program leaves behind.
pub async fn run(root: &Path, step: &Step, arguments: &Run) -> anyhow::Result<ExitCode> {
    let mut interrupts = Interrupts::listen()?;
    if arguments.broker.is_some() || arguments.devices.is_some() || arguments.ws.is_some() {
        bail!(
            "{} has one device and no broker, so there is nothing for `--broker`, `--devices` and \
             `--ws`",
            step.name()
        );
    }
    let way_out = "cargo xtask run step0 --board-port 0";
    let place = loopback::at(arguments.board_port);
    let board = open_board(place, &arguments.allow_host, way_out, |_| ()).await?;
    let program = tokio::select! {
        program = build(root, step, arguments) => program?,
        () = interrupts.next() => bail!("interrupted"),
    };
    let Some(program) = program else {
        return Ok(ExitCode::from(FAILED));
    };
    let url = board.url();
    say::sentences(&format!(
        "  Board:  {}   <- open this in a browser\n  Ctrl-C ends the program, and once more the \
         board.\n\n",
        say::paint(say::STRONG, &url)
    ))?;
    super::show(&board, arguments.open)?;
    play(root, &program, &board, &mut interrupts).await?;
    say::sentences(
        "\nThe program has ended. The board is still there: look at its lamp. Ctrl-C ends the \
         board, too.\n",
    )?;
    interrupts.next().await;
    Ok(ExitCode::SUCCESS)
}

/// Nothing, when the sources do not compile, which is said.
async fn build(root: &Path, step: &Step, arguments: &Run) -> anyhow::Result<Option<PathBuf>> {
    let subject = Subject::new(root, arguments.solutions, None)?;
    if subject == Subject::Lessons {
        lesson::is_whole(root, lesson::Work::on(step))?;
    }
    let source = format!("{}/{}", subject.name(), step.folder);
    say::sentences(&format!(
        "Step {}, {}\n  {DEVICE}: {source}\nBuilding it.\n",
        step.number, step.title
    ))?;
    match compile::compile(root, &subject, step).await {
        Ok(built) => {
            let mut programs = built.programs.into_iter();
            let (_, program) = programs.next().context("there is no program")?;
            Ok(Some(program))
        }
        Err(CompileError::Rejected(words)) => {
            say::sentences(&format!(
                "\n{words}\n{source} does not compile: nothing was started. Mend what rustc says \
                 above, then run it again.\n"
            ))?;
            Ok(None)
        }
        Err(CompileError::Environment(error)) => Err(error),
    }
}

/// Until the program has ended, by itself or because of Ctrl-C.
async fn play(
    root: &Path,
    program: &Path,
    board: &LiveBoard,
    interrupts: &mut Interrupts,
) -> anyhow::Result<()> {
    // Of what is wrong with the settings, the program itself will tell.
    let id = Settings::read().map_or_else(|_| ID.to_owned(), |settings| settings.id);
    let launch = Launch {
        program: program.to_owned(),
        arguments: Vec::new(),
        delivery: Delivery::Environment,
        settings: BTreeMap::from([
            ("NIGHTLIGHT_ID", id),
            ("NIGHTLIGHT_BOARD", board.url()),
            ("RUST_BACKTRACE", "0".to_owned()),
        ]),
        folder: root.to_owned(),
    };
    let record = Arc::new(Record::new(Budget::FOLLOWED));
    let mut process = Supervised::start(&launch, Arc::<Clock>::default(), Arc::clone(&record))?;
    let (gossip, heard) = mpsc::unbounded_channel();
    // Its end comes to the record last, after its last words.
    let asked = async {
        interrupts.next().await;
        process.stop().await;
        std::future::pending().await
    };
    let ended = async {
        tokio::select! {
            () = until_it_ends(&record, gossip) => {}
            () = asked => {}
        }
    };
    tokio::join!(ended, gossip::follow(heard, DEVICE.name().len()));
    Ok(())
}

/// Tells what the program prints.
async fn until_it_ends(record: &Record, gossip: UnboundedSender<Gossip>) {
    loop {
        record.arrival().await;
        tokio::time::sleep(GATHER).await;
        for Entry { event, .. } in record.take_until(Instant::now()) {
            match event {
                Event::Printed { stream, text } => {
                    let _ = gossip.send(Gossip::Printed {
                        who: Instance {
                            who: DEVICE,
                            device: None,
                        },
                        error: stream == Stream::Err,
                        text: strip_str(&text).to_string(),
                    });
                }
                Event::Ended(_) => return,
                _ => {}
            }
        }
    }
}
