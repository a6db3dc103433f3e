//! A program's waits on a board that people see: they take the time they say, and the page can tell
//! when it looks at the light again.
//!
//! The lessons' library asks a board to wait (`POST /nightlight/wait` with `{"ns": 5000000000}`),
//! and sleeps by itself where a board knows of no such path, as CounterFit does.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use futures_util::stream;
use serde::Deserialize;

use crate::feed::clock;

/// More than any wait is asked with, in bytes.
const BODY_LIMIT: usize = 4 * 1024;

/// Shorter ones are over before anybody has read of them.
const WORTH_SAYING: Duration = Duration::from_secs(2);

/// When a program that waits looks at its light again, in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NextLook {
    /// Then its wait will be over.
    At(u64),
    /// It wanted to do so then, and has hung up.
    Never(u64),
}

impl NextLook {
    /// Changes what is told of the next look. Of several that wait, only that one is taken back.
    pub(crate) fn tell_in(self, told: &mut Option<u64>) {
        match self {
            Self::At(over) => *told = Some(over),
            Self::Never(over) if *told == Some(over) => *told = None,
            Self::Never(_) => {}
        }
    }
}

/// Hears of each wait that is worth it, when it begins and when nobody waits any more.
type Tell = Arc<dyn Fn(NextLook) + Send + Sync>;

/// The path on which programs wait.
pub(crate) fn routes(tell: impl Fn(NextLook) + Send + Sync + 'static) -> Router {
    Router::new()
        .route("/nightlight/wait", post(wait))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(Arc::new(tell) as Tell)
}

#[derive(Deserialize)]
struct Wait {
    ns: u64,
}

/// A wait that was told of. Dropped before it is over, it is taken back.
struct Told {
    tell: Tell,
    over: u64,
    is_over: bool,
}

impl Told {
    fn begin(tell: Tell, time: Duration) -> Self {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let over = clock().saturating_add(milliseconds);
        tell(NextLook::At(over));
        Self {
            tell,
            over,
            is_over: false,
        }
    }

    fn end(mut self) {
        self.is_over = true;
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if !self.is_over {
            (self.tell)(NextLook::Never(self.over));
        }
    }
}

/// Answers at once that it waits, and is done when the time is over: a request that is answered
/// only later counts as one that never comes to its end. Where the program hangs up, the answer is
/// dropped, and its wait with it.
async fn wait(State(tell): State<Tell>, body: String) -> Result<Body, (StatusCode, String)> {
    let Wait { ns } = serde_json::from_str(&body).map_err(|error| {
        let reason = format!("a wait is asked for with {{\"ns\": 5000000000}}: {error}");
        (StatusCode::BAD_REQUEST, reason)
    })?;
    let time = Duration::from_nanos(ns);
    let told = (time >= WORTH_SAYING).then(|| Told::begin(tell, time));
    Ok(Body::from_stream(stream::once(async move {
        tokio::time::sleep(time).await;
        if let Some(told) = told {
            told.end();
        }
        Ok::<_, Infallible>(Bytes::from_static(b"OK"))
    })))
}
