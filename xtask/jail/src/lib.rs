//! Runs one untrusted program contained.
//!
//! A wrapper process sets the jail up while it is still alone in itself, starts the program inside, watches
//! it, and ends with all of it. The runner only puts a prefix before the command it spawns, so it needs
//! no code between fork and exec of its own.
//!
//! ```no_run
//! use jail::{Report, Spec, Wrapper};
//!
//! // A program whose `main` calls `jail::wrapper_called` first thing: the smaller, the sooner it is loaded.
//! let wrapper = Wrapper::at("/usr/libexec/jail");
//! let probe = jail::probe(&wrapper, "/tmp/scratch".as_ref())?; // once per batch: what does this machine enforce?
//! let spec = Spec::run(&[1883, 5000]).reporting_to("/tmp/scratch/report.json");
//! let mut child = wrapper.command(&spec, "/tmp/scratch/program").env("NIGHTLIGHT_ID", "x").spawn()?;
//! child.wait()?;
//! let report = Report::read("/tmp/scratch/report.json".as_ref())?;
//! # std::io::Result::Ok(())
//! ```
//!
//! What the runner must know:
//! - The wrapper's exit status is the program's own, or death by the program's signal. 124 means a
//!   limit, 125 that the jail could not be set up. A program can exit 124 or 125 itself: only the report is
//!   beyond its reach, so read the report. No report means the wrapper was killed.
//! - SIGINT to the wrapper reaches the program (as Ctrl-C would). SIGTERM and SIGKILL end everything in the jail.
//!   [`tree::kill`] does the same and also waits where there are no namespaces.
//! - Kill the wrapper before you wait for the end of a pipe.
//! - Environment: nothing is inherited. Add what the program needs to the command.
//! - Run as root, the program gets a user id of its own. Make the folders it reads 0755; [`Spec::writable`] is handed over.
//!
//! Layers, each by what the machine allows:
//! - resource limits, and a watch over the memory, disk and time of the whole tree;
//! - Landlock: files by path, TCP by port;
//! - seccomp: no sockets but TCP, no fast open (it walks around Landlock), no ptrace, chmod, mount, io_uring;
//! - namespaces: an empty root with only the listed paths bound into it, own process ids, own network. The network
//!   namespace holds nothing but loopback, where the wrapper relays the listed ports to the real ones. Port rules
//!   alone would be simpler, but Landlock knows port numbers and not addresses: a program could then still reach the
//!   same port number of any other machine. Where namespaces are forbidden that gap stays and is reported.
//!
//! The jail refuses to start a program when neither a mount namespace nor Landlock confines its files, or when
//! seccomp is missing.

pub mod probe;
pub mod report;
pub mod spec;
pub mod tree;
mod wrapper;

#[cfg(target_os = "linux")]
mod attacker;
#[cfg(target_os = "linux")]
mod attacks;
#[cfg(target_os = "linux")]
mod linux;

pub use probe::{Attack, Finding, Probe, probe};
pub use report::{Bound, Ending, Report};
pub use spec::{Layer, Limits, Spec};
pub use wrapper::{Wrapper, wrapper_called};
