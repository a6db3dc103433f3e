//! `cargo xtask doctor`: is this machine ready for the lessons?

use std::env;
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, ExitCode};

use arena::broker::{Broker, BrokerChoice, MQTT_PORT};
use arena::loopback;
use nightlight::{Board, BoardAddress, BoardError, LightSensor, Settings, SettingsError};

use checks::toolchain;
use course::steps;
use terminal::exit::FAILED;
use terminal::say::{self, BAD, GOOD, NOTE, paint};

/// What was found, and what to do about it.
enum Finding {
    Good(String),
    /// Works, but somebody may trip over it.
    Note(String, &'static str),
    Bad(String, &'static str),
}

pub async fn run(root: &Path) -> anyhow::Result<ExitCode> {
    let mut findings = vec![compiler(), linker(), writable(root)];
    findings.extend(settings().await);
    findings.extend(leftovers(root));
    let mut text = String::new();
    let mut bad = false;
    for finding in findings {
        text += &match finding {
            Finding::Good(what) => format!("{} {what}\n", paint(GOOD, "✓")),
            Finding::Note(what, todo) => format!("{} {what}\n    {todo}\n", paint(NOTE, "!")),
            Finding::Bad(what, todo) => {
                bad = true;
                format!("{} {what}\n    {todo}\n", paint(BAD, "✗"))
            }
        };
    }
    say::out(&text)?;
    Ok(if bad {
        ExitCode::from(FAILED)
    } else {
        ExitCode::SUCCESS
    })
}

fn compiler() -> Finding {
    const TODO: &str = "Get the present one from https://rustup.rs, or run `rustup update`.";
    let rustc = toolchain::rustc();
    let Ok(output) = Command::new(rustc).arg("--version").output() else {
        return Finding::Bad("rustc does not start".to_owned(), TODO);
    };
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let oldest = env!("CARGO_PKG_RUST_VERSION");
    if release(&version) >= release(oldest) {
        Finding::Good(version)
    } else {
        Finding::Bad(
            format!("{version} is too old: the kit needs {oldest}"),
            TODO,
        )
    }
}

/// The first two numbers in a version.
fn release(version: &str) -> (u32, u32) {
    let mut numbers = version
        .split(|letter: char| !letter.is_ascii_digit())
        .filter_map(|number| number.parse().ok());
    let mut next = || numbers.next().unwrap_or_default();
    (next(), next())
}

/// Linking is where a fresh machine fails: rustc brings no linker on Unix.
fn linker() -> Finding {
    if cfg!(windows) {
        return Finding::Good("this runner was linked on this machine or one like it".to_owned());
    }
    match Command::new("cc").arg("--version").output() {
        Ok(output) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout).into_owned();
            Finding::Good(format!(
                "linker: {}",
                version.lines().next().unwrap_or("cc")
            ))
        }
        _ => Finding::Bad(
            "there is no `cc`, which Rust links programs with".to_owned(),
            "Debian: `apt install gcc`. macOS: `xcode-select --install`.",
        ),
    }
}

fn writable(root: &Path) -> Finding {
    let target = root.join("target");
    let probe = std::fs::create_dir_all(&target).and_then(|()| tempfile::tempfile_in(&target));
    match probe {
        Ok(_) => Finding::Good("the target folder can be written".to_owned()),
        Err(error) => Finding::Bad(
            format!("{} cannot be written: {error}", target.display()),
            "Copy the kit to a folder of your own.",
        ),
    }
}

async fn settings() -> Vec<Finding> {
    match Settings::read() {
        Ok(settings) => vec![
            Finding::Good(format!("your id is {}", settings.id)),
            broker(&settings).await,
            board(&settings),
        ],
        Err(SettingsError::MissingId { .. }) => {
            let mut findings = vec![Finding::Note(
                "you have not chosen an id yet".to_owned(),
                "Checks bring their own. For your own runs write `id = \"…\"` with something \
                 nobody else has into nightlight.toml.",
            )];
            findings.extend([port(MQTT_PORT, "a broker"), port(5000, "a board")]);
            findings
        }
        Err(error) => vec![Finding::Bad(
            error.to_string(),
            "Mend it; the lessons read it too.",
        )],
    }
}

/// Whether it answers, proves its name if it is encrypted, and accepts the login if there is one.
async fn broker(settings: &Settings) -> Finding {
    let user = settings.broker.login().map(|(user, _)| user.to_owned());
    let choice = BrokerChoice::Remote(settings.broker.clone());
    match Broker::start(&choice).await {
        Ok(_) => {
            let user = user.map_or_else(String::new, |user| format!(", and lets in {user}"));
            Finding::Good(format!("a broker answers at {choice}{user}"))
        }
        Err(error) => Finding::Note(
            // The first link is about `--broker`.
            format!("no broker at {choice}: {}", causes(error.chain().skip(1))),
            "Checks bring their own. For your own runs start one: `cargo xtask broker`.",
        ),
    }
}

fn causes<'a>(chain: impl Iterator<Item = &'a (dyn std::error::Error + 'static)>) -> String {
    let causes: Vec<String> = chain.map(ToString::to_string).collect();
    causes.join(": ")
}

/// Whether it speaks as a board does, which who only listens there does not.
fn board(settings: &Settings) -> Finding {
    let BoardAddress::Virtual { host, port } = &settings.board else {
        return Finding::Good("the board is the Raspberry Pi's own".to_owned());
    };
    let level = Board::open(settings).and_then(|mut board| board.light_sensor.light_level());
    match level {
        Ok(level) => Finding::Good(format!(
            "a board answers at {host}:{port}: its light level is {level}"
        )),
        Err(BoardError::NotThere { reason, .. }) => Finding::Note(
            format!("no board answers at {host}:{port}: {reason}"),
            "Checks bring their own. For your own runs start one: `cargo xtask board`.",
        ),
        Err(error) => Finding::Note(
            error.to_string(),
            "Checks bring their own board: this is about your own runs.",
        ),
    }
}

fn port(port: u16, whose: &str) -> Finding {
    match TcpListener::bind(loopback::at(port)) {
        Ok(_) => Finding::Good(format!("port {port} is free for {whose}")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Finding::Note(
            format!("port {port} is taken: {whose} already listens there, or something else"),
            "If it is not yours, choose another with `--port`. (macOS uses 5000 for AirPlay.)",
        ),
        Err(error) => Finding::Note(
            format!("port {port} cannot be opened: {error}"),
            "Choose another with `--port`.",
        ),
    }
}

/// Programs of the lessons that still run: two with one name throw each other off the broker.
fn leftovers(root: &Path) -> Vec<Finding> {
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
                     with Ctrl-C where it runs, or with `kill` and that number.",
                )
            })
        })
        .collect()
}
