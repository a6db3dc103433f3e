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

/// Hears when a wait that has begun will be over, in milliseconds since 1970.
type Tell = Arc<dyn Fn(u64) + Send + Sync>;

/// The path on which programs wait. `tell` hears of each wait that is worth it.
pub(crate) fn routes(tell: impl Fn(u64) + Send + Sync + 'static) -> Router {
    Router::new()
        .route("/nightlight/wait", post(wait))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(Arc::new(tell) as Tell)
}

#[derive(Deserialize)]
struct Wait {
    ns: u64,
}

/// Answers at once that it waits, and is done when the time is over: a request that is answered
/// only later counts as one that never comes to its end.
async fn wait(State(tell): State<Tell>, body: String) -> Result<Body, (StatusCode, String)> {
    let Wait { ns } = serde_json::from_str(&body).map_err(|error| {
        let reason = format!("a wait is asked for with {{\"ns\": 5000000000}}: {error}");
        (StatusCode::BAD_REQUEST, reason)
    })?;
    let time = Duration::from_nanos(ns);
    if time >= WORTH_SAYING {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        tell(clock().saturating_add(milliseconds));
    }
    Ok(Body::from_stream(stream::once(async move {
        tokio::time::sleep(time).await;
        Ok::<_, Infallible>(Bytes::from_static(b"OK"))
    })))
}
