//! A supervised process: its own group, its output capped, killed whole at the end.

mod keyboard;
mod launch;
mod printer;

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;

use anyhow::Context;
use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::io::AsyncRead;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::record::{Event, Record, Stream};

pub use crate::record::End;
use keyboard::Keyboard;
pub use launch::{Delivery, Launch};
use printer::Printer;

/// More output than this is a flood, in bytes of both streams together.
const OUTPUT_CAP: usize = 1 << 20;

/// How long a process may take to leave after it was asked to.
const GOODBYE_LIMIT: Duration = Duration::from_secs(3);

/// How long it may take when this whole process is about to end.
#[cfg(unix)]
const LAST_LIMIT: Duration = Duration::from_secs(1);

/// A running program. Dropped, it is killed with everything it started; a wrapper is asked first.
#[derive(Debug)]
pub struct Supervised {
    orders: mpsc::UnboundedSender<Order>,
    keyboard: Option<Keyboard>,
    supervisor: Option<JoinHandle<()>>,
}

#[derive(Clone, Copy, Debug)]
enum Order {
    SayGoodbye(Wish),
    Kill,
}

/// How a program is asked to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Ctrl-C in its terminal (SIGINT).
    Interrupt,
    /// The system shuts down, or somebody ends its service (SIGTERM).
    Terminate,
    /// Its terminal is closed, or the connection to it is lost (SIGHUP).
    HangUp,
}

impl Wish {
    /// POSIX's number for it on every system we run on.
    fn signal(self) -> i32 {
        match self {
            Self::HangUp => 1,
            Self::Interrupt => 2,
            Self::Terminate => SIGTERM,
        }
    }
}

impl Supervised {
    /// Starts the program. What it prints and how it ends goes to `record`.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(launch: &Launch, clock: Arc<Clock>, record: Arc<Record>) -> anyhow::Result<Self> {
        Self::start_with_cap(launch, clock, record, OUTPUT_CAP)
    }

    /// As [`Supervised::start`], for a program that may print `output_cap` bytes before that
    /// counts as a flood.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start_with_cap(
        launch: &Launch,
        clock: Arc<Clock>,
        record: Arc<Record>,
        output_cap: usize,
    ) -> anyhow::Result<Self> {
        Self::spawn(
            launch.command(),
            launch.first_lines(),
            false,
            Printer::new(clock, record, output_cap),
        )
    }

    /// Starts a wrapper that contains a program: asked to end (SIGTERM), it ends all of it. `wrapper`
    /// is the command for both, to which folder and settings are added.
    ///
    /// # Errors
    /// When the wrapper cannot be started.
    pub fn start_contained(
        mut wrapper: std::process::Command,
        launch: &Launch,
        clock: Arc<Clock>,
        record: Arc<Record>,
    ) -> anyhow::Result<Self> {
        launch.prepare(&mut wrapper);
        let printer = Printer::new(clock, record, OUTPUT_CAP);
        Self::spawn(wrapper, launch.first_lines(), true, printer)
    }

    fn spawn(
        mut command: std::process::Command,
        first_lines: String,
        contained: bool,
        printer: Printer,
    ) -> anyhow::Result<Self> {
        let program = command.get_program().display().to_string();
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut command = CommandWrap::from(tokio::process::Command::from(command));
        #[cfg(unix)]
        command.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::tokio::JobObject);
        let mut child = command
            .spawn()
            .with_context(|| format!("{program} does not start"))?;

        let (orders, inbox) = mpsc::unbounded_channel();
        let keyboard = child.stdin().take();
        let keyboard = keyboard.map(|input| Keyboard::at(input, first_lines));
        let out = child.stdout().take();
        let err = child.stderr().take();
        let supervised = supervise(child, contained, out, err, printer, inbox);
        let supervisor = tokio::spawn(supervised);
        Ok(Self {
            orders,
            keyboard,
            supervisor: Some(supervisor),
        })
    }

    /// Types a line to the program.
    pub fn type_line(&self, line: &str) {
        if let Some(keyboard) = &self.keyboard {
            keyboard.line(line);
        }
    }

    /// Ends its standard input, as Ctrl-D does.
    pub fn end_input(&mut self) {
        self.keyboard = None;
    }

    /// Asks the program to leave, as Ctrl-C does, and kills it when it stays. Afterwards the
    /// record is complete. On Windows it is killed at once.
    pub async fn stop(&mut self) {
        self.stop_by(Wish::Interrupt).await;
    }

    /// As [`Supervised::stop`], asked in another way.
    pub async fn stop_by(&mut self, wish: Wish) {
        let _ = self.orders.send(Order::SayGoodbye(wish));
        self.finish().await;
    }

    /// Kills the program. Afterwards the record is complete.
    pub async fn kill(&mut self) {
        let _ = self.orders.send(Order::Kill);
        self.finish().await;
    }

    async fn finish(&mut self) {
        if let Some(supervisor) = self.supervisor.take() {
            let _ = supervisor.await;
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // Its supervisor does it in its own time. When the runtime goes too, the guard does it.
        let _ = self.orders.send(Order::Kill);
    }
}

/// Ends the whole group when the supervisor is done with it, however it got there.
struct Guard {
    child: Box<dyn ChildWrapper>,
    /// Killed outright, a wrapper could leave something behind where there are no namespaces.
    contained: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        #[cfg(unix)]
        if self.contained && self.child.signal(SIGTERM).is_ok() {
            // The runtime is going: nobody can wait but this thread, and it does not wait long.
            let begun = Instant::now();
            while begun.elapsed() < LAST_LIMIT && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let _ = self.child.start_kill();
    }
}

async fn supervise(
    child: Box<dyn ChildWrapper>,
    contained: bool,
    out: Option<impl AsyncRead + Unpin + Send + 'static>,
    err: Option<impl AsyncRead + Unpin + Send + 'static>,
    printer: Printer,
    mut inbox: mpsc::UnboundedReceiver<Order>,
) {
    let mut child = Guard { child, contained };
    let mut readers = tokio::task::JoinSet::new();
    if let Some(out) = out {
        readers.spawn(printer.clone().read(out, Stream::Out));
    }
    if let Some(err) = err {
        readers.spawn(printer.clone().read(err, Stream::Err));
    }

    let end = tokio::select! {
        status = child.child.inner_mut().wait() => how(status),
        flood = printer.record.flood_begins() => End::Flooded(flood),
        order = inbox.recv() => match order {
            Some(Order::SayGoodbye(wish)) => match ask(&mut child, wish.signal()).await {
                Some(status) => End::Left(status.code()),
                None => End::Stopped,
            },
            Some(Order::Kill) | None => End::Stopped,
        },
    };
    if child.contained {
        ask(&mut child, SIGTERM).await;
    }
    // Whatever it started dies with it. Only then are the pipes read out: a grandchild could
    // hold them open for ever.
    let _ = child.child.start_kill();
    let _ = child.child.wait().await;
    let read_out = async { while readers.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GOODBYE_LIMIT, read_out).await;
    printer.push(Event::Ended(end));
}

/// POSIX's number for it on every system we run on.
const SIGTERM: i32 = 15;

/// Sends a signal and gives the process time to follow it. Nothing, when it does not.
#[cfg(unix)]
async fn ask(child: &mut Guard, signal: i32) -> Option<ExitStatus> {
    child.child.signal(signal).ok()?;
    let left = tokio::time::timeout(GOODBYE_LIMIT, child.child.inner_mut().wait()).await;
    left.ok()?.ok()
}

#[cfg(not(unix))]
async fn ask(_: &mut Guard, _: i32) -> Option<ExitStatus> {
    None
}

fn how(status: std::io::Result<ExitStatus>) -> End {
    let Ok(status) = status else {
        return End::Stopped;
    };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return End::Signalled(signal);
    }
    End::Exited(status.code().unwrap_or(-1))
}
