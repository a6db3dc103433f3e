//! An instructor's machine, with what hostile submissions would like to reach.

use std::collections::BTreeMap;
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};

use crate::class::Class;

/// What nobody's results may hold.
pub const SECRET: &str = "the_instructors_secret_7a41";

/// What an attack aims at.
#[derive(Clone, Copy)]
pub enum Target {
    Nothing,
    Secret,
    Journal,
    /// Another learner's source, as it was handed in.
    Neighbour,
    /// This process, which the grader's own tree does not hold.
    Process,
    Port,
    Datagrams,
    UnixSocket,
    AbstractSocket,
}

/// An instructor's machine: what an attack could reach.
pub struct Machine {
    pub class: Class,
    pub secret: PathBuf,
    port: TcpListener,
    datagrams: UdpSocket,
    abstract_name: String,
    _services: (UnixListener, UnixListener),
}

impl Machine {
    pub fn new() -> Self {
        let class = Class::new();
        // The jail must stop an attack, not the mode of a file.
        for folder in ["", "submissions", "grades"] {
            let folder = class.path(folder);
            fs::create_dir_all(&folder).unwrap();
            open_to_all(&folder, 0o777);
        }
        let secret = class.path("secret.txt");
        fs::write(&secret, SECRET).unwrap();
        fs::write(class.out().join("journal.jsonl"), "").unwrap();
        for file in [&secret, &class.out().join("journal.jsonl")] {
            open_to_all(file, 0o666);
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = class.path("socket");
        let service = UnixListener::bind(&socket).unwrap();
        open_to_all(&socket, 0o777);
        let abstract_name = format!("nightlight-{}", port.local_addr().unwrap().port());
        let name = SocketAddr::from_abstract_name(&abstract_name).unwrap();
        let abstract_service = UnixListener::bind_addr(&name).unwrap();
        Self {
            class,
            secret,
            port,
            datagrams: UdpSocket::bind("127.0.0.1:0").unwrap(),
            abstract_name,
            _services: (service, abstract_service),
        }
    }

    pub fn target(&self, target: Target) -> String {
        match target {
            Target::Nothing => String::new(),
            Target::Secret => self.secret.display().to_string(),
            Target::Journal => self.class.out().join("journal.jsonl").display().to_string(),
            Target::Neighbour => self.neighbour().display().to_string(),
            Target::Process => std::process::id().to_string(),
            Target::Port => self.port.local_addr().unwrap().to_string(),
            Target::Datagrams => self.datagrams.local_addr().unwrap().to_string(),
            Target::UnixSocket => self.class.path("socket").display().to_string(),
            Target::AbstractSocket => self.abstract_name.clone(),
        }
    }

    pub fn neighbour(&self) -> PathBuf {
        self.class.path("submissions/ada/step1-connect/src/main.rs")
    }

    /// Every file of the results, with its text.
    pub fn results(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.class.out()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.class.out()).unwrap();
                    let text = fs::read_to_string(&path).unwrap();
                    found.insert(name.display().to_string(), text);
                }
            }
        }
        found
    }
}

pub fn open_to_all(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
