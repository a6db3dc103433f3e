//! Processes of Erlang's, and when they listen.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

/// How long one may take to start.
const LIMIT: Duration = Duration::from_secs(120);

/// A process with a group of its own, which is killed as a whole when this is dropped: the server is
/// a script that starts others.
#[derive(Debug)]
pub struct Process(Box<dyn ChildWrapper>);

impl Process {
    /// Starts it, silent.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn start(mut command: Command) -> anyhow::Result<Self> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut wrapped = CommandWrap::from(command);
        #[cfg(unix)]
        wrapped.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        wrapped.wrap(process_wrap::tokio::JobObject);
        Ok(Self(wrapped.spawn().context("it does not start")?))
    }

    /// Waits until it listens there.
    ///
    /// # Errors
    /// When it ends instead, or takes too long.
    pub async fn listens(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        let begun = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if let Some(status) = self.0.try_wait()? {
                bail!("it ends while it starts ({status})");
            }
            ensure!(
                begun.elapsed() < LIMIT,
                "it does not listen after {} s. Is this machine busy?",
                LIMIT.as_secs()
            );
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// The group's number, which is that of its first process.
    pub fn group(&self) -> Option<u32> {
        self.0.id()
    }

    /// Kills all of it, without a warning, and waits until it is gone.
    pub async fn kill(&mut self) {
        // What has ended already is what was wanted.
        let _ = self.0.start_kill();
        let _ = self.0.wait().await;
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) {
        let _ = self.0.wait().await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // All of the group; dropped, its first process ends only.
        let _ = self.0.start_kill();
    }
}
