//! What it takes to build firmware and to run it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::plain;
use crate::toolchain;

/// A Cortex-M4 with a floating-point unit.
pub const TARGET: &str = "thumbv7em-none-eabihf";

/// What runs it.
const QEMU: &str = "qemu-system-arm";

/// Where Debian's packages put Rust.
const DEBIANS: &str = "/usr";

/// Who can build it.
#[derive(Debug)]
pub struct Toolchain {
    is_debians: bool,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a firmware is built for {TARGET} and run by {QEMU}, and there is no {} here. `rustup target \
     add {TARGET}` and `sudo apt install qemu-system-arm` (macOS: `brew install qemu`) bring both",
    self.what()
)]
pub struct Missing {
    target: bool,
    qemu: bool,
}

impl Missing {
    fn what(self) -> &'static str {
        match self {
            Self { qemu: false, .. } => "such target",
            Self { target: false, .. } => QEMU,
            Self { .. } => "such target and no qemu-system-arm",
        }
    }
}

impl Toolchain {
    /// The one that builds the kit, where it has the target; else Debian's own, which is asked to
    /// build the core library as well.
    pub fn find(root: &Path) -> Result<Self, Missing> {
        let has_target = says(&toolchain::rustc().to_string_lossy(), root)
            .is_some_and(|sysroot| sysroot.join("lib/rustlib").join(TARGET).is_dir());
        let is_debians = !has_target && has_debians();
        let missing = Missing {
            target: !has_target && !is_debians,
            qemu: !starts(plain(QEMU).arg("--version")),
        };
        if missing.target || missing.qemu {
            return Err(missing);
        }
        Ok(Self { is_debians })
    }

    /// The command that calls its cargo.
    pub fn cargo(&self) -> Command {
        if !self.is_debians {
            return toolchain::cargo();
        }
        let mut cargo = plain(&format!("{DEBIANS}/bin/cargo"));
        // Its rustc is there, and rustup's is not.
        cargo.env("PATH", "/usr/bin:/bin");
        cargo.env_remove("RUSTC").env_remove("RUSTUP_TOOLCHAIN");
        // Building the core library is not stable yet.
        cargo.env("RUSTC_BOOTSTRAP", "1");
        cargo.env("CARGO_UNSTABLE_BUILD_STD", "core,alloc");
        cargo.env("CARGO_TARGET_THUMBV7EM_NONE_EABIHF_LINKER", "ld.lld");
        cargo
    }
}

/// Packages `rustc-web`, `cargo-web`, `rust-web-src` and `lld`.
fn has_debians() -> bool {
    let files = [
        "bin/cargo",
        "bin/rustc",
        "bin/ld.lld",
        "lib/rustlib/src/rust/library/core",
    ];
    let mut files = files.iter().map(|file| Path::new(DEBIANS).join(file));
    cfg!(target_os = "linux") && files.all(|file| file.exists())
}

/// Where a rustc has its libraries.
fn says(rustc: &str, root: &Path) -> Option<PathBuf> {
    // In the kit's folder: it may have a toolchain of its own.
    let output = plain(rustc)
        .args(["--print", "sysroot"])
        .current_dir(root)
        .output()
        .ok()?;
    let sysroot = String::from_utf8(output.stdout).ok()?;
    Some(sysroot.trim_end().into())
}

fn starts(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
