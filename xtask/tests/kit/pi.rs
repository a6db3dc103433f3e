//! `cargo xtask pi`, with stand-ins for every tool that would reach a Pi or the internet.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::root;

const LINKER: &str = "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER";

/// The whole way to the Pi.
const WAY: [&str; 5] = [
    "aarch64-linux-gnu-gcc --version",
    "ssh ada@pi getconf LONG_BIT",
    "rustc --print target-libdir --target aarch64-unknown-linux-gnu",
    "cargo build --package commands-solution --bin commands-device-solution --features pi \
     --target aarch64-unknown-linux-gnu --target-dir target/pi",
    "scp target/pi/aarch64-unknown-linux-gnu/debug/commands-device-solution ada@pi:",
];

/// A machine whose tools do nothing but keep a diary.
struct Machine {
    folder: TempDir,
}

impl Machine {
    /// Everything is there, and the Pi has 64 bits.
    fn whole() -> Self {
        let machine = Self {
            folder: TempDir::new().unwrap(),
        };
        let here = machine.folder.path().display().to_string();
        for (tool, does) in [
            ("aarch64-linux-gnu-gcc", ""),
            ("cargo", ""),
            ("rustc", &format!("echo {here}")),
            ("rustup", ""),
            ("scp", ""),
            ("ssh", "echo 64"),
        ] {
            // Written and run at once, a file can be too busy to be run; a link to one cannot.
            let script = root().join("xtask/tests/kit/pi/tool.sh");
            symlink(script, machine.folder.path().join(tool)).unwrap();
            machine.tool(tool, does);
        }
        machine
    }

    fn tool(&self, name: &str, does: &str) {
        fs::write(self.folder.path().join(format!("{name}.does")), does).unwrap();
    }

    fn lacks(&self, name: &str) {
        fs::remove_file(self.folder.path().join(name)).unwrap();
    }

    fn pi(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("pi")
            .args(arguments)
            .current_dir(root())
            .env("PATH", self.folder.path())
            .env("CARGO", self.folder.path().join("cargo"))
            .env_remove("RUSTC")
            .env_remove(LINKER)
            .output()
            .unwrap()
    }

    /// Which tools were called.
    fn calls(&self) -> Vec<String> {
        let diary = fs::read_to_string(self.folder.path().join("diary")).unwrap_or_default();
        diary.lines().map(str::to_owned).collect()
    }

    /// The words of a delivery that must not succeed.
    fn refusal(&self, status: i32) -> String {
        let output = self.pi(&["step4", "--solutions", "--host", "ada@pi"]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{error}");
        assert!(!self.calls().iter().any(|call| call == WAY[4]), "{error}");
        error
    }
}

#[test]
fn without_a_host_it_only_says_how() {
    let machine = Machine::whole();
    let output = machine.pi(&["step4", "--solutions"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(machine.calls(), [""; 0]);
    for words in [
        "rustup target add aarch64-unknown-linux-gnu",
        &format!("{LINKER}=aarch64-linux-gnu-gcc {}", WAY[3]),
        "scp target/pi/aarch64-unknown-linux-gnu/debug/commands-device-solution ",
        "cargo xtask pi step4 --solutions --host ",
        "NIGHTLIGHT_BOARD=pi ./commands-device-solution",
        "not been tried on a system of 32 bits",
    ] {
        let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(one_line.contains(words.trim()), "{words}:\n{text}");
    }
}

#[test]
fn with_a_host_it_does_it_and_shows_each_command() {
    let machine = Machine::whole();
    let output = machine.pi(&["step4", "--solutions", "--host", "ada@pi"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(machine.calls(), WAY);
    for shown in [WAY[1], WAY[3], WAY[4]] {
        assert!(text.contains(&format!("$ {shown}\n")), "{shown}:\n{text}");
    }
    assert!(text.contains("ssh -t ada@pi NIGHTLIGHT_ID="), "{text}");
}

#[test]
fn the_standard_library_is_added_when_it_is_missing() {
    let machine = Machine::whole();
    machine.tool("rustc", "echo /nowhere");
    machine.pi(&["step4", "--solutions", "--host", "ada@pi"]);
    let [before, after] = [&WAY[..3], &WAY[3..]];
    let rustup = "rustup target add aarch64-unknown-linux-gnu";
    assert_eq!(machine.calls(), [before, &[rustup], after].concat());
}

#[test]
fn a_standard_library_that_cannot_be_had_is_said_before_anything_is_built() {
    let machine = Machine::whole();
    machine.tool("rustc", "echo /nowhere");
    machine.tool("rustup", "exit 1");
    let error = machine.refusal(2);
    assert!(error.contains("needs the internet once"), "{error}");
    machine.lacks("rustup");
    let error = machine.refusal(2);
    assert!(error.contains("https://rustup.rs"), "{error}");
    assert!(!machine.calls().iter().any(|call| call == WAY[3]));
}

#[test]
fn without_the_linker_it_names_the_package_before_it_reaches_for_the_pi() {
    let machine = Machine::whole();
    machine.lacks("aarch64-linux-gnu-gcc");
    let error = machine.refusal(2);
    assert!(
        error.contains("sudo apt install gcc-aarch64-linux-gnu"),
        "{error}"
    );
    assert_eq!(machine.calls(), [""; 0]);
}

#[test]
fn a_system_of_32_bits_gets_nothing_and_is_told_why() {
    let machine = Machine::whole();
    machine.tool("ssh", "echo 32");
    let error = machine.refusal(2);
    assert!(error.contains("has 32 bits"), "{error}");
    assert!(error.contains("Build on the Pi instead"), "{error}");
}

#[test]
fn a_pi_that_does_not_answer_and_sources_that_do_not_compile_end_it() {
    let machine = Machine::whole();
    machine.tool("ssh", "exit 255");
    let error = machine.refusal(2);
    assert!(error.contains("Does `ssh ada@pi` work?"), "{error}");

    machine.tool("ssh", "echo 64");
    machine.tool("cargo", "exit 101");
    machine.refusal(1);
}

#[test]
fn a_program_in_use_on_the_pi_is_thought_of() {
    let machine = Machine::whole();
    machine.tool("scp", "exit 1");
    let output = machine.pi(&["step4", "--solutions", "--host", "ada@pi"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("end it first"), "{error}");
}

#[test]
fn what_cannot_go_to_a_pi_is_refused() {
    let machine = Machine::whole();
    for (arguments, reason) in [
        (["step3", "--host", "ada@pi"], "step 3 has no device"),
        (["step9", "--host", "ada@pi"], "there is no step `step9`"),
        (["step4", "--host", "pi:/etc"], "a host is a name"),
        (["step4", "--host", ""], "a host is a name"),
    ] {
        let output = machine.pi(&arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(reason), "{error}");
    }
    let output = machine.pi(&["step4", "--host=-oProxyCommand=reboot"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(machine.calls(), [""; 0]);
}
