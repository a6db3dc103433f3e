//! What one jailed program may do: written by the runner, read by the wrapper.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

const MEGABYTE: u64 = 1024 * 1024;

/// What every dynamically linked program reads: its libraries, and how names and times are told.
const LIBRARIES: [&str; 11] = [
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/nix/store",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/nsswitch.conf",
];

/// What the linker needs on top: the C toolchain, under whichever name a distribution chose.
const C_TOOLCHAIN: [&str; 6] = [
    "/bin",
    "/sbin",
    "/usr",
    "/etc/alternatives",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
];

/// One layer of the containment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Own user, mount, pid, network, ipc and host name namespaces.
    Namespaces,
    /// Landlock: files by path, TCP by port number.
    Landlock,
}

/// What a jailed program may touch, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Absolute paths the program may read and execute; one that does not exist is left out.
    pub read_only: Vec<PathBuf>,
    /// Absolute paths of existing folders the program may fill. Run as root, they are handed over to the
    /// jail's own user with all they hold.
    pub writable: Vec<PathBuf>,
    /// TCP ports on 127.0.0.1 the program may connect to; every other connection is refused.
    pub tcp_ports: Vec<u16>,
    /// The program's working directory; it must lie in one of the paths above, or be `/`.
    pub working_dir: PathBuf,
    /// The program's environment, to which [`crate::Wrapper::command`]'s caller may add.
    pub environment: BTreeMap<String, String>,
    /// How much the program may use.
    pub limits: Limits,
    /// Where the wrapper writes its [`crate::Report`]; outside of everything writable.
    pub report: Option<PathBuf>,
    /// Layers to do without, set by [`crate::Wrapper::without`].
    #[serde(default)]
    pub(crate) without: Vec<Layer>,
}

/// Bounds on one jailed program and all it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// CPU seconds of all processes together, sampled; of one process also by the kernel (RLIMIT_CPU).
    pub cpu_seconds: u64,
    /// Wall-clock milliseconds from start to end.
    pub wall_ms: u64,
    /// Bytes of address space of one process (RLIMIT_AS).
    pub address_space: u64,
    /// Bytes resident over all processes together, and what sockets beyond a few dozen can hold, sampled twenty times
    /// a second.
    pub resident: u64,
    /// Processes and threads together, sampled. A few more, and the kernel starts none (RLIMIT_NPROC).
    pub processes: u64,
    /// Open file descriptors of one process (RLIMIT_NOFILE).
    pub open_files: u64,
    /// Bytes of one file (RLIMIT_FSIZE).
    pub file_size: u64,
    /// Bytes on disk in all writable folders together, sampled.
    pub disk: u64,
}

impl Spec {
    /// The preset for rustc over a fixed list of sources: `toolchain` (rustc's sysroot) and `inputs` (sources,
    /// built dependencies) can be read, `output` can be written, no network.
    #[must_use]
    pub fn compile(toolchain: &Path, inputs: &[PathBuf], output: &Path) -> Self {
        let mut read_only = system(LIBRARIES.iter().chain(&C_TOOLCHAIN));
        read_only.push(toolchain.to_owned());
        read_only.extend_from_slice(inputs);
        Self {
            read_only,
            writable: vec![output.to_owned()],
            tcp_ports: Vec::new(),
            working_dir: output.to_owned(),
            environment: environment([
                ("PATH", "/usr/bin:/bin".into()),
                ("TMPDIR", output.display().to_string()),
                // rustc finds its own libraries through /proc, which a jail may not open.
                (
                    "LD_LIBRARY_PATH",
                    toolchain.join("lib").display().to_string(),
                ),
            ]),
            limits: Limits {
                cpu_seconds: 20,
                wall_ms: 120_000,
                address_space: 8 * 1024 * MEGABYTE,
                resident: 2 * 1024 * MEGABYTE,
                processes: 128,
                open_files: 1024,
                file_size: 256 * MEGABYTE,
                disk: 512 * MEGABYTE,
            },
            report: None,
            without: Vec::new(),
        }
    }

    /// The preset for a learner's program: nothing can be written, and `tcp_ports` on 127.0.0.1 (broker and
    /// board) are all it can connect to. The program's own file is added by the wrapper.
    #[must_use]
    pub fn run(tcp_ports: &[u16]) -> Self {
        Self {
            read_only: system(LIBRARIES.iter()),
            writable: Vec::new(),
            tcp_ports: tcp_ports.to_vec(),
            working_dir: PathBuf::from("/"),
            environment: BTreeMap::new(),
            limits: Limits {
                cpu_seconds: 20,
                wall_ms: 120_000,
                address_space: 2 * 1024 * MEGABYTE,
                resident: 256 * MEGABYTE,
                processes: 64,
                open_files: 256,
                file_size: 16 * MEGABYTE,
                disk: 0,
            },
            report: None,
            without: Vec::new(),
        }
    }

    /// The same, with the wrapper's account of the end written to `path`.
    #[must_use]
    pub fn reporting_to(mut self, path: impl Into<PathBuf>) -> Self {
        self.report = Some(path.into());
        self
    }
}

fn environment<const N: usize>(pairs: [(&str, String); N]) -> BTreeMap<String, String> {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn system<'a>(paths: impl Iterator<Item = &'a &'static str>) -> Vec<PathBuf> {
    paths.map(PathBuf::from).collect()
}
