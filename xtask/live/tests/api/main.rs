//! The board's HTTP API, as programs and browsers meet it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod bench;
mod browsers;
// Its programs are some that every Unix has.
#[cfg(unix)]
mod orders;
mod programs;
// Its programs are some that every Unix has.
#[cfg(unix)]
mod stadium;
mod waits;

use live::LiveBoard;
use live::board::ServeError;

use bench::Bench;

#[tokio::test]
async fn a_port_in_use_is_an_error_of_its_own() {
    let bench = Bench::new().await;
    let refused = LiveBoard::serve(bench.place.parse().unwrap()).await;
    assert!(matches!(refused, Err(ServeError::PortInUse { .. })));
}
