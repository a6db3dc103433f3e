//! Notices that nobody reads what the watch prints: `watch | head -1`.

/// Comes back when the other end of standard output is closed. A pipe that is written to says so
/// only when there is something to write, and a watch may have nothing to say for hours.
#[cfg(unix)]
pub async fn gone() {
    use rustix::event::{PollFd, PollFlags, poll};

    let (sender, gone) = tokio::sync::oneshot::channel();
    // Nothing wakes it but that: a thread that ends with the program.
    std::thread::spawn(move || {
        let stdout = std::io::stdout();
        // Asked for nothing, the system still tells of an error or a hang-up.
        let mut ends = [PollFd::new(&stdout, PollFlags::empty())];
        while poll(&mut ends, None).is_err_and(|error| error == rustix::io::Errno::INTR) {}
        let [end] = &ends;
        if end.revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            let _ = sender.send(());
        }
    });
    if gone.await.is_err() {
        std::future::pending().await
    }
}

/// Never: there the next check has nobody to tell, and Ctrl-C ends it.
#[cfg(not(unix))]
pub async fn gone() {
    std::future::pending().await
}
