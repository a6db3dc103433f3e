//! A board that is stuck: it takes requests to switch something, and answers none of them.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::watch;

/// What switches something.
const SWITCHES: &str = "/actuator_value";

#[derive(Clone, Copy, Debug, Default)]
struct Stuck {
    jammed: bool,
    tried: bool,
}

/// Whether the board is stuck, and whether somebody has met it so.
#[derive(Clone, Debug, Default)]
pub(super) struct Jam(Arc<watch::Sender<Stuck>>);

impl Jam {
    pub(super) fn begin(&self) {
        self.0.send_modify(|stuck| stuck.jammed = true);
    }

    pub(super) async fn is_tried(&self) {
        // The sender lives as long as the board.
        let _ = self.0.subscribe().wait_for(|stuck| stuck.tried).await;
    }
}

/// Lets a request through, unless it would switch something on a board that is stuck.
pub(super) async fn pass(State(jam): State<Jam>, request: Request, next: Next) -> Response {
    if request.uri().path() == SWITCHES && jam.0.borrow().jammed {
        jam.0.send_modify(|stuck| stuck.tried = true);
        std::future::pending::<()>().await;
    }
    next.run(request).await
}
