//! Printing that minds its manners: colours only where they show, a closed pipe is no error.

use std::io::{self, ErrorKind, Write as _};

use anstyle::{AnsiColor, Style};

use crate::width;

/// What passed.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What failed.
pub const BAD: Style = AnsiColor::Red.on_default();
/// What was seen instead, and differences.
pub const NOTE: Style = AnsiColor::Yellow.on_default();
/// What is less important.
pub const FAINT: Style = Style::new().dimmed();
/// Headings.
pub const STRONG: Style = Style::new().bold();

/// Text in a style.
pub fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Prints to standard output. Who reads only the first lines (`| head`) has what they want.
///
/// # Errors
/// When standard output fails in another way.
pub fn out(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints sentences to standard output, broken between words where the terminal is narrow.
///
/// # Errors
/// As [`out`].
pub fn sentences(text: &str) -> io::Result<()> {
    out(&width::fitted(text, width::columns(&io::stdout()), 0))
}

/// Says on standard error what did not work beside the point.
pub fn note(error: &anyhow::Error) {
    let _ = writeln!(anstream::stderr(), "{} {error:#}", paint(NOTE, "note:"));
}

/// Says on standard error what went wrong with the command itself.
pub fn problem(error: &anyhow::Error) {
    let columns = width::columns(&io::stderr());
    let said = width::fitted(&format!("error: {error:#}"), columns, 0);
    let said = said.replacen("error:", &paint(BAD.bold(), "error:"), 1);
    // With standard error gone there is nobody left to tell.
    let _ = writeln!(anstream::stderr(), "{said}");
}
