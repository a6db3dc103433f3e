//! QEMU, and its end.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};

/// What QEMU's program for ARM is called.
const QEMU: &str = "qemu-system-arm";

/// A variable with more arguments for QEMU: with `-s`, gdb can look into the machine.
const MORE: &str = "EMULATOR_QEMU";

/// How long between two looks whether QEMU is there.
const LOOK: Duration = Duration::from_millis(1);

/// Starts a program in a way that it ends when standard input does, so also when we are killed.
#[cfg(unix)]
const KEEPER: &str = r#"
exec 3<&0
"$@" 3<&- </dev/null &
program=$!
{ read -r _ <&3; kill -9 "$program"; } 2>/dev/null &
keeper=$!
exec 3<&-
wait "$program" 2>/dev/null
kill "$keeper" 2>/dev/null
"#;

/// A machine that runs. Dropped, it is switched off.
pub struct Machine {
    child: Child,
}

impl Machine {
    /// Switches a machine on. Comes with its first serial port, the console, and its second, the line
    /// to the board.
    ///
    /// # Errors
    /// When QEMU is not there, or does not take the firmware.
    pub fn start(firmware: &Path) -> anyhow::Result<(Self, TcpStream, TcpStream)> {
        let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is left");
        let (console, line) = (listen()?, listen()?);
        let mut qemu = under_a_keeper(QEMU);
        qemu.args(["-M", "mps2-an386", "-display", "none", "-monitor", "none"]);
        for (name, listener) in [("console", &console), ("line", &line)] {
            let port = listener.local_addr()?.port();
            let socket = format!("socket,id={name},host=127.0.0.1,port={port},nodelay=on");
            qemu.args(["-chardev", &socket, "-serial", &format!("chardev:{name}")]);
        }
        // A firmware that restarts its machine has ended; a machine of its own on its network.
        qemu.args(["-no-reboot", "-nic", "user,model=lan9118", "-kernel"]);
        qemu.arg(firmware);
        if let Ok(more) = env::var(MORE) {
            qemu.args(more.split_whitespace());
        }
        let child = qemu.spawn().with_context(|| missing(QEMU))?;
        let mut machine = Self { child };
        let console = machine.connects(&console)?;
        let line = machine.connects(&line)?;
        Ok((machine, console, line))
    }

    fn connects(&mut self, listener: &TcpListener) -> anyhow::Result<TcpStream> {
        listener.set_nonblocking(true)?;
        loop {
            match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false)?;
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{QEMU} does not run: {status}. {}", missing(QEMU));
            }
            thread::sleep(LOOK);
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // On Unix this ends the keeper's input, and so the machine; elsewhere the machine itself.
        drop(self.child.stdin.take());
        #[cfg(not(unix))]
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn missing(program: &str) -> String {
    format!(
        "{program} runs the firmware. Where it is missing, `sudo apt install qemu-system-arm` or \
         `brew install qemu` brings it"
    )
}

/// Ctrl-C in a terminal, or a signal to our group, would end QEMU before the firmware can take its
/// leave: hence a group of its own. And who kills us cannot tell QEMU: hence the keeper.
#[cfg(unix)]
fn under_a_keeper(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", KEEPER, "keeper"]).arg(program);
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    command
}

/// Whoever kills us kills all of our job.
#[cfg(not(unix))]
fn under_a_keeper(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}
