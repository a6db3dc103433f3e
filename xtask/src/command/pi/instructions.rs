//! How a device gets to a Raspberry Pi, for somebody to do by hand.

use super::{Device, LINKER, LINKER_PACKAGES, LINKER_VARIABLE, TARGET};
use terminal::say::{FAINT, STRONG, paint};

/// A command, and what there is to say about it.
type Line = (String, &'static str);

/// All of it.
pub fn text(device: &Device) -> String {
    let name = device.step.name();
    let solutions = if device.room == "solutions" {
        " --solutions"
    } else {
        ""
    };
    let sections: [(String, Vec<Line>); 4] = [
        (
            "On the Pi, once".to_owned(),
            vec![
                (
                    "sudo raspi-config nonint do_i2c 0".to_owned(),
                    "switches on the bus that the hat is on: 0 means yes",
                ),
                (
                    "getconf LONG_BIT".to_owned(),
                    "says how many bits its system has; `uname -m` tells only those of its kernel",
                ),
            ],
        ),
        (
            "64 bits: build here and copy".to_owned(),
            vec![
                (
                    format!("sudo apt install {LINKER_PACKAGES}"),
                    "the linker, on Debian and Ubuntu; elsewhere it is easier to build on the Pi",
                ),
                (
                    format!("rustup target add {TARGET}"),
                    "Rust's standard library for the Pi",
                ),
                (
                    format!(
                        "{LINKER_VARIABLE}={LINKER} cargo {}",
                        device.cross_build().join(" ")
                    ),
                    "the same sources, with the feature `pi`",
                ),
                (
                    format!("scp {} YOU@raspberrypi:", device.program().display()),
                    "it runs on Raspberry Pi OS from 2023 (bookworm) on",
                ),
                (
                    format!("cargo xtask pi {name}{solutions} --host YOU@raspberrypi"),
                    "does all of this but the first",
                ),
            ],
        ),
        (
            "32 bits, or no such linker: build on the Pi".to_owned(),
            vec![(
                format!("cargo {}", device.build().join(" ")),
                "in a copy of the kit, with Rust from https://rustup.rs; the program is then in \
                 target/debug. It is slow on a small Pi, and this kit has not been tried on a \
                 system of 32 bits",
            )],
        ),
        (
            "Run it there".to_owned(),
            vec![(device.run(), run_remark(device))],
        ),
    ];

    let mut text = format!(
        "Step {}, {}: {}/{} on a Raspberry Pi with a Grove hat. Nothing is done yet: this is how \
         it goes, in the kit's folder.\n",
        device.step.number, device.step.title, device.room, device.step.folder
    );
    for (heading, lines) in sections {
        text += &format!("\n{}\n", paint(STRONG, heading));
        for (command, remark) in lines {
            text += &format!("  {command}\n");
            for line in textwrap::wrap(remark, 80) {
                text += &format!("      {}\n", paint(FAINT, line));
            }
        }
    }
    text
}

fn run_remark(device: &Device) -> &'static str {
    if device.step.tls {
        return "with the id of your server; the certificate of the authority lies beside the \
                program, and the broker's has the name in it that you write here: see \
                \"Certificates by hand\" in the guide. A Pi that was without power asks the \
                network for the time before it can believe anybody";
    }
    "with the id of your server; a broker that listens to its own machine only does not let the Pi \
     in: see \"Run your own broker\" in the guide"
}
