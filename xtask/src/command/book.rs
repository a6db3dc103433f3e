//! `cargo xtask book`: hands over to the guide's own builder.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use super::package;

/// Without arguments the guide is shown.
pub fn run(root: &Path, arguments: &[OsString]) -> anyhow::Result<ExitCode> {
    let shown = [OsString::from("serve")];
    let arguments = if arguments.is_empty() {
        &shown
    } else {
        arguments
    };
    package::BOOK.run(root, "book", arguments)
}
