//! The jail's wrapper, which stands around every program that is compiled or run: `jail
//! jail-wrapper --spec JSON -- PROGRAM ARGUMENTS...`.
//!
//! A program of its own and a small one: it is started a few thousand times for a class, and the
//! grader itself takes longer to be loaded than to work.

fn main() {
    let status = jail::wrapper_called().unwrap_or_else(|| {
        eprintln!("error: only the grader starts this program; see `cargo xtask grade --help`");
        2
    });
    std::process::exit(status);
}
