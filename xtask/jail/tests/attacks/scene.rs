//! What is outside the jail, and how an attacker is built and locked up.

use std::collections::HashMap;
use std::fs::{self, DirBuilder};
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use jail::{Layer, Report, Spec, Wrapper};
use tempfile::TempDir;

/// A line of the instructor's file, which no attacker may print.
pub const SECRET: &str = "fn the_instructors_secret_7a41";

/// A machine that has all layers, or lacks one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    Complete,
    WithoutNamespaces,
    WithoutLandlock,
}

pub const MACHINES: [Machine; 3] = [
    Machine::Complete,
    Machine::WithoutNamespaces,
    Machine::WithoutLandlock,
];

impl Machine {
    pub fn wrapper(self) -> Wrapper {
        let wrapper = Wrapper::at(env!("CARGO_BIN_EXE_jail"));
        match self {
            Self::Complete => wrapper,
            Self::WithoutNamespaces => wrapper.without(Layer::Namespaces),
            Self::WithoutLandlock => wrapper.without(Layer::Landlock),
        }
    }
}

/// An instructor's machine: a file, a service of each kind, and room for the jail.
pub struct Scene {
    pub folder: TempDir,
    pub secret: PathBuf,
    pub socket: PathBuf,
    pub allowed: TcpListener,
    pub other: TcpListener,
    /// The allowed port's number at another address.
    pub elsewhere: TcpListener,
    pub datagrams: UdpSocket,
    pub abstract_name: String,
    _listeners: (UnixListener, UnixListener),
}

impl Scene {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        open_to_all(folder.path(), 0o755);
        // The jail must stop the attacker, not the file's mode.
        let secret = folder.path().join("secret.txt");
        fs::write(&secret, SECRET).expect("a file");
        open_to_all(&secret, 0o666);
        let socket = folder.path().join("socket");
        let service = UnixListener::bind(&socket).expect("a Unix socket");
        open_to_all(&socket, 0o777);
        let (allowed, elsewhere) = same_port_twice();
        let abstract_name = format!(
            "nightlight-{}",
            allowed.local_addr().expect("an address").port()
        );
        let name = SocketAddr::from_abstract_name(&abstract_name).expect("a name");
        let abstract_service = UnixListener::bind_addr(&name).expect("an abstract socket");
        Self {
            secret,
            socket,
            allowed,
            elsewhere,
            other: TcpListener::bind("127.0.0.1:0").expect("a free port"),
            datagrams: UdpSocket::bind("127.0.0.1:0").expect("a free port"),
            abstract_name,
            _listeners: (service, abstract_service),
            folder,
        }
    }

    pub fn report(&self) -> PathBuf {
        self.folder.path().join("report.json")
    }

    /// A fresh folder that anyone may enter.
    pub fn make_folder(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        let _ = fs::remove_dir_all(&path);
        DirBuilder::new()
            .mode(0o755)
            .create(&path)
            .expect("a folder");
        path
    }

    /// The preset for programs, reduced so that tests are quick.
    pub fn run(&self) -> Spec {
        let port = self.allowed.local_addr().expect("an address").port();
        let mut spec = Spec::run(&[port]).reporting_to(self.report());
        spec.limits.wall_ms = 10_000;
        spec.limits.cpu_seconds = 5;
        spec
    }

    /// Runs to the end. What the program wrote is kept.
    pub fn outcome(
        &self,
        machine: Machine,
        spec: &Spec,
        program: &Path,
        arguments: &[&str],
    ) -> (Output, Report) {
        let output = machine
            .wrapper()
            .command(spec, program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("the wrapper starts");
        let report = Report::read(&self.report()).expect("a report");
        (output, report)
    }
}

fn same_port_twice() -> (TcpListener, TcpListener) {
    loop {
        let here = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = here.local_addr().expect("an address").port();
        if let Ok(there) = TcpListener::bind(("127.0.0.2", port)) {
            return (here, there);
        }
    }
}

pub fn open_to_all(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the owner may");
}

/// rustc's sysroot, whatever shim `rustc` is.
pub fn toolchain() -> &'static Path {
    static TOOLCHAIN: LazyLock<PathBuf> = LazyLock::new(|| {
        let output = Command::new("rustc")
            .args(["--print", "sysroot"])
            .output()
            .expect("rustc runs");
        PathBuf::from(String::from_utf8(output.stdout).expect("a path").trim())
    });
    &TOOLCHAIN
}

/// Exit status of an attacker that got through; see `program`.
pub const THROUGH: i32 = 10;

/// An attacker's binary, built once. Each source holds one `attack` that tells whether it got through.
pub fn program(name: &'static str) -> PathBuf {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        open_to_all(folder.path(), 0o755);
        folder
    });
    type Built = Arc<OnceLock<PathBuf>>;
    static PROGRAMS: LazyLock<Mutex<HashMap<&'static str, Built>>> = LazyLock::new(Mutex::default);

    let built = PROGRAMS
        .lock()
        .expect("no panic while held")
        .entry(name)
        .or_default()
        .clone();
    built
        .get_or_init(|| {
            let attack = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join(format!("tests/attacks/programs/{name}.rs"));
            let binary = FOLDER.path().join(name);
            let source = binary.with_extension("rs");
            let main = format!(
                "#[path = {attack:?}] mod attack;\n\
                 fn main() {{ let target = std::env::args().nth(1).unwrap_or_default();\n\
                 std::process::exit(if attack::attack(&target) {{ {THROUGH} }} else {{ 11 }}) }}"
            );
            fs::write(&source, main).expect("a file");
            let status = Command::new("rustc")
                .args(["--edition", "2024", "-C", "debuginfo=0", "-o"])
                .args([&binary, &source])
                .status()
                .expect("rustc runs");
            assert!(status.success(), "{name} does not compile");
            binary
        })
        .clone()
}
