//! Ports that somebody else has.

use std::fmt;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

/// The state of a listening socket in the system's tables.
const LISTENS: &str = "0A";

/// Who listens on a port, as far as the system tells: Linux tells of one's own programs.
#[derive(Debug, PartialEq, Eq)]
pub struct Holder {
    name: String,
    process: u32,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, process {}", self.name, self.process)
    }
}

/// Makes sure that an address can be listened on.
///
/// # Errors
/// When it cannot: who has the port, if that can be seen, and what to do. `whose` is what could
/// have it, "a broker" say; `way_out` is the command that takes a free one.
pub fn is_free(address: SocketAddr, whose: &str, way_out: &str) -> anyhow::Result<()> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            Err(anyhow::anyhow!("{}", taken(address.port(), whose, way_out)))
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(anyhow::anyhow!(
            "port {} may not be opened by everybody: the first 1024 belong to the system. Take a \
             free one: `{way_out}`",
            address.port()
        )),
        Err(error) => Err(anyhow::anyhow!("{address} cannot be listened on: {error}")),
    }
}

/// That a port is taken, who has it, and what to do about it.
pub fn taken(port: u16, whose: &str, way_out: &str) -> String {
    let mac = if cfg!(target_os = "macos") && port == 5000 {
        " On a Mac, AirPlay takes it: switch that off in the system settings, or"
    } else {
        " End that program, or"
    };
    format!(
        "port {port} is taken by {}.{mac} take a free port: `{way_out}`",
        has(port, whose)
    )
}

/// Who has a port, as a part of a sentence.
pub fn has(port: u16, whose: &str) -> String {
    match holder(port) {
        Some(holder) => holder.to_string(),
        None => format!("another program, {whose} perhaps"),
    }
}

/// Who listens on a port, where that can be seen.
pub fn holder(port: u16) -> Option<Holder> {
    let sockets: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| sockets(&table, port))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .find(|process| has_one_of(*process, &sockets))
        .map(|process| Holder {
            name: name(process),
            process,
        })
}

/// The sockets that listen on this port, as they are called among a process's open files.
fn sockets(table: &str, port: u16) -> Vec<String> {
    let port = format!(":{port:04X}");
    let lines = table.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_whitespace();
        let local = fields.nth(1)?;
        let state = fields.nth(1)?;
        let inode = fields.nth(5)?;
        let listens = local.ends_with(&port) && state == LISTENS;
        listens.then(|| format!("socket:[{inode}]"))
    });
    lines.collect()
}

fn has_one_of(process: u32, sockets: &[String]) -> bool {
    // Only one's own processes let themselves be looked at.
    let Ok(files) = fs::read_dir(format!("/proc/{process}/fd")) else {
        return false;
    };
    files.flatten().any(|file| {
        let target = fs::read_link(file.path()).unwrap_or_default();
        sockets.iter().any(|socket| target == Path::new(socket))
    })
}

/// A process's program; of the kit's runner also its command.
fn name(process: u32) -> String {
    let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line);
    let mut words = line.split('\0');
    let program = Path::new(words.next().unwrap_or_default());
    let program = program.file_name().unwrap_or_default().to_string_lossy();
    match words.next() {
        _ if program.is_empty() => "a program".to_owned(),
        Some(command) if program == "xtask" => format!("`cargo xtask {command}`"),
        _ => format!("`{program}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_listens_has_a_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n\
             0: 0100007F:075B 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 77 1\n\
             1: 0100007F:075B 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000 0 78 1\n\
             2: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 79 1\n";
        assert_eq!(sockets(table, 1883), ["socket:[77]"]);
        assert_eq!(sockets(table, 5000), ["socket:[79]"]);
        assert!(sockets(table, 50000).is_empty());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_very_test_is_seen() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let process = holder(port).map(|holder| holder.process);
        assert_eq!(process, Some(std::process::id()));
    }
}
