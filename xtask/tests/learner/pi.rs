//! `cargo xtask pi`, with stand-ins for every tool that would reach a Pi or the internet.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use course::{DEVICE, Step, steps};
use tempfile::TempDir;

use super::root;

const LINKER: &str = "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER";

/// The last step with something to bring to a Pi.
fn delivered() -> &'static Step {
    let mut steps = steps().iter();
    steps.rfind(|step| step.program(DEVICE).is_ok()).unwrap()
}

/// Its device's program, as it is built there.
fn binary() -> String {
    format!("{}-solution", delivered().program(DEVICE).unwrap().binary)
}

/// The whole way to the Pi.
fn way() -> [String; 5] {
    let (package, binary) = (&delivered().package, binary());
    [
        "aarch64-linux-gnu-gcc --version".to_owned(),
        "ssh ada@pi getconf LONG_BIT".to_owned(),
        "rustc --print target-libdir --target aarch64-unknown-linux-gnu".to_owned(),
        format!(
            "cargo build --package {package}-solution --bin {binary} --features pi --target \
             aarch64-unknown-linux-gnu --target-dir target/pi"
        ),
        format!("scp target/pi/aarch64-unknown-linux-gnu/debug/{binary} ada@pi:"),
    ]
}

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
            let script = root().join("xtask/tests/learner/pi/tool.sh");
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

    fn deliver(&self) -> Output {
        self.pi(&[&delivered().name(), "--solutions", "--host", "ada@pi"])
    }

    /// Which tools were called.
    fn calls(&self) -> Vec<String> {
        let diary = fs::read_to_string(self.folder.path().join("diary")).unwrap_or_default();
        diary.lines().map(str::to_owned).collect()
    }

    /// The words of a delivery that must not succeed.
    fn refusal(&self, status: i32) -> String {
        let output = self.deliver();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{error}");
        assert!(!self.calls().contains(&way()[4]), "{error}");
        error
    }
}

#[test]
fn without_a_host_it_only_says_how() {
    let machine = Machine::whole();
    let output = machine.pi(&[&delivered().name(), "--solutions"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(machine.calls(), [""; 0]);
    for words in [
        "rustup target add aarch64-unknown-linux-gnu",
        &format!("{LINKER}=aarch64-linux-gnu-gcc {}", way()[3]),
        way()[4].trim_end_matches("ada@pi:"),
        &format!("cargo xtask pi {} --solutions --host ", delivered().name()),
        &format!("NIGHTLIGHT_BOARD=pi ./{}", binary()),
        "not been tried on a system of 32 bits",
    ] {
        let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(one_line.contains(words.trim()), "{words}:\n{text}");
    }
}

#[test]
fn with_a_host_it_does_it_and_shows_each_command() {
    let machine = Machine::whole();
    let output = machine.deliver();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(machine.calls(), way());
    for shown in [1, 3, 4].map(|place| way()[place].clone()) {
        assert!(text.contains(&format!("$ {shown}\n")), "{shown}:\n{text}");
    }
    assert!(text.contains("ssh -t ada@pi NIGHTLIGHT_ID="), "{text}");
}

#[test]
fn the_standard_library_is_added_when_it_is_missing() {
    let machine = Machine::whole();
    machine.tool("rustc", "echo /nowhere");
    machine.deliver();
    let mut calls = way().to_vec();
    let rustup = "rustup target add aarch64-unknown-linux-gnu";
    calls.insert(3, rustup.to_owned());
    assert_eq!(machine.calls(), calls);
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
    assert!(!machine.calls().contains(&way()[3]));
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
    let output = machine.deliver();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("end it first"), "{error}");
}

#[test]
fn what_cannot_go_to_a_pi_is_refused() {
    let machine = Machine::whole();
    let without = steps().iter().find(|step| step.program(DEVICE).is_err());
    let without = without.unwrap();
    let no_device = format!("step {} has no device", without.number);
    let step = delivered().name();
    for (arguments, reason) in [
        ([&without.name(), "--host", "ada@pi"], no_device.as_str()),
        (["step99", "--host", "ada@pi"], "there is no step `step99`"),
        ([&step, "--host", "pi:/etc"], "a host is a name"),
        ([&step, "--host", ""], "a host is a name"),
    ] {
        let output = machine.pi(&arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(reason), "{error}");
    }
    let output = machine.pi(&[&step, "--host=-oProxyCommand=reboot"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(machine.calls(), [""; 0]);
}
