//! The wrapper as a program of its own: `jail --spec JSON -- PROGRAM ARGUMENTS...`.

fn main() {
    let status = jail::wrapper_called().unwrap_or_else(|| {
        eprintln!("usage: jail jail-wrapper --spec JSON -- PROGRAM ARGUMENTS...");
        2
    });
    std::process::exit(status);
}
