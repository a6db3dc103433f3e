//! `cargo xtask bench grade`: how fast a class is graded, whether the compiler is what it takes, and
//! what a right submission has to fear from its neighbours.

#[cfg(target_os = "linux")]
mod class;
#[cfg(target_os = "linux")]
mod measure;
#[cfg(target_os = "linux")]
mod watch;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    terminal::exit::status(measure::run().map(|()| std::process::ExitCode::SUCCESS))
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("error: this measurement reads /proc, which only Linux has");
    std::process::exit(2);
}
