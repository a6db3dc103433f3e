//! What a step's folder is compiled to: its programs and the library that they may share.

use std::env;
use std::path::Path;

use course::{Program, Step};

/// Where cargo looks for a package's library, and thus where learners put it.
const LIBRARY: &str = "src/lib.rs";

/// One crate of a step, as cargo would find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// rustc's `--crate-type`.
    pub(super) kind: &'static str,
    /// The crate's name.
    pub(super) name: String,
    /// The crate root, within the step's folder.
    pub(super) source: String,
    /// The file that is made of it.
    file: String,
}

impl Target {
    /// The library beside the programs in `folder`, the step's own, if it has one. The programs
    /// `use` it under the package's name.
    pub fn library(step: &Step, folder: &Path) -> Option<Self> {
        let name = crate_name(&step.package);
        folder.join(LIBRARY).is_file().then(|| Self {
            kind: "lib",
            // rustc finds a crate's library under this name only.
            file: format!("lib{name}.rlib"),
            name,
            source: LIBRARY.to_owned(),
        })
    }

    /// One of the step's programs.
    pub fn program(program: &Program) -> Self {
        Self {
            kind: "bin",
            name: crate_name(&program.binary),
            source: program.source.clone(),
            file: format!("{}{}", program.binary, env::consts::EXE_SUFFIX),
        }
    }

    /// The name of the file that is made of it.
    pub fn file(&self) -> &str {
        &self.file
    }
}

/// A package's or a program's name as Rust code has it.
fn crate_name(name: &str) -> String {
    name.replace('-', "_")
}
