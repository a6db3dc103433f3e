//! `cargo xtask pi`: a step's device on a real Raspberry Pi. It says how that is done; given a
//! host, it does it.

mod delivery;
mod instructions;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::cli::Pi;
use crate::progress::Progress;
use checks::subject::Subject;
use course::{DEVICE, Step, steps};
use terminal::say;

/// Raspberry Pi OS of 64 bits, as Rust calls it.
const TARGET: &str = "aarch64-unknown-linux-gnu";

/// Where cargo looks for the linker for it.
const LINKER_VARIABLE: &str = "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER";

/// The linker for it on Debian and Ubuntu.
const LINKER: &str = "aarch64-linux-gnu-gcc";

/// The packages that bring it.
const LINKER_PACKAGES: &str = "gcc-aarch64-linux-gnu libc6-dev-arm64-cross";

/// Apart from what is built for this machine.
const TARGET_FOLDER: &str = "target/pi";

pub fn run(root: &Path, arguments: &Pi) -> anyhow::Result<ExitCode> {
    let device = Device::choose(root, arguments)?;
    match &arguments.host {
        Some(host) => delivery::deliver(root, &device, host),
        None => {
            say::out(&instructions::text(&device))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The program that goes to the Pi.
#[derive(Debug)]
struct Device {
    step: &'static Step,
    /// `lessons` or `solutions`.
    room: String,
    package: String,
    binary: String,
}

impl Device {
    fn choose(root: &Path, arguments: &Pi) -> anyhow::Result<Self> {
        let subject = Subject::new(root, arguments.solutions, None)?;
        let step = match &arguments.step {
            Some(name) => course::find(name)?,
            None if arguments.solutions => last_with_device(steps())?,
            None => {
                let next = Progress::open(root)?.next();
                let so_far = next.map_or(steps().len(), |next| next.number.into());
                last_with_device(&steps()[..so_far])?
            }
        };
        let Some(binary) = device_of(step) else {
            bail!(
                "step {} has no device: its server stays on your computer. What goes to the Pi \
                 is the device of another step: `cargo xtask pi step2`",
                step.number
            );
        };
        let suffix = if arguments.solutions { "-solution" } else { "" };
        Ok(Self {
            step,
            room: subject.name(),
            package: format!("{}{suffix}", step.package),
            binary: format!("{binary}{suffix}"),
        })
    }

    /// What cargo is told in either case, on the Pi or elsewhere.
    fn build(&self) -> [&str; 7] {
        [
            "build",
            "--package",
            &self.package,
            "--bin",
            &self.binary,
            "--features",
            "pi",
        ]
    }

    /// What it is told elsewhere.
    fn cross_build(&self) -> Vec<&str> {
        let cross = ["--target", TARGET, "--target-dir", TARGET_FOLDER];
        self.build().into_iter().chain(cross).collect()
    }

    /// What comes of that, from the kit's root.
    fn program(&self) -> PathBuf {
        let folder = Path::new(TARGET_FOLDER).join(TARGET);
        folder.join("debug").join(&self.binary)
    }

    /// How it is run in the folder where it lies.
    fn run(&self) -> String {
        let broker = if self.step.tls {
            "mqtts://YOUR-COMPUTER:8883 NIGHTLIGHT_BROKER_CA=authority.pem"
        } else {
            "mqtt://YOUR-COMPUTER:1883"
        };
        format!(
            "NIGHTLIGHT_ID=YOUR-ID NIGHTLIGHT_BROKER={broker} NIGHTLIGHT_BOARD=pi ./{}",
            self.binary
        )
    }
}

fn device_of(step: &Step) -> Option<&str> {
    let mut programs = step.programs.iter();
    programs
        .find(|program| program.id == DEVICE)
        .map(|program| program.binary.as_str())
}

fn last_with_device(steps: &'static [Step]) -> anyhow::Result<&'static Step> {
    let mut steps = steps.iter().rev();
    steps
        .find(|step| device_of(step).is_some())
        .context("the course has no device")
}
