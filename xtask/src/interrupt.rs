//! Ctrl-C and its relatives.

/// Waits until somebody wants this process to end.
#[cfg(unix)]
pub async fn asked() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Waits until somebody wants this process to end.
#[cfg(not(unix))]
pub async fn asked() {
    let _ = tokio::signal::ctrl_c().await;
}
