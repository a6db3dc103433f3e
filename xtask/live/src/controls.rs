//! What the page's buttons do.

use std::error::Error;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use course::ProgramId;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::board::Shared;
use crate::daylight::Daylight;
use crate::lab;
use crate::page;
use crate::stadium;
use crate::stage::{Experiment, LONGEST_LINE, Malformed, Stage, Trouble};

/// More than any button sends, in bytes.
const BODY_LIMIT: usize = 4 * 1024;

/// The longest cut: a minute. Nobody should wait longer for their nightlight.
const LONGEST_CUT: u64 = 60;

pub(crate) type Board = State<Arc<Shared>>;
pub(crate) type Answer = Result<&'static str, Refused>;

/// The status and the reason.
pub(crate) type Refused = (StatusCode, String);

/// The paths of the page's buttons.
pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/nightlight/live", get(live))
        .route("/nightlight/labs", get(labs))
        .route("/nightlight/daylight", post(daylight))
        .route("/nightlight/cut", post(cut))
        .route("/nightlight/restart-broker", post(restart_broker))
        .route("/nightlight/expired-certificate", post(expired_certificate))
        .route("/nightlight/malformed", post(malformed))
        .route("/nightlight/experiment", post(experiment))
        .route("/nightlight/start", post(start))
        .route("/nightlight/away", post(away))
        .route("/nightlight/order", post(order))
        .route("/nightlight/repeat", post(repeat))
        .merge(stadium::controls::routes())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(shared)
}

async fn live(State(board): Board) -> impl IntoResponse {
    Arc::clone(&board.feed).follow()
}

/// The labs of the step that is played; of a board alone there are none.
async fn labs(State(board): Board) -> Result<Response, Refused> {
    let broken = |error: &dyn Error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    let labs = board.stage.get().map_or(Ok(Vec::new()), |stage| {
        lab::of_step(stage.step(), stage.way_in_for_browsers().is_some())
    });
    let labs = labs.map_err(|error| broken(&error))?;
    let text = serde_json::to_string(&labs).map_err(|error| broken(&error))?;
    Ok(page::asset("application/json", text))
}

#[derive(Deserialize)]
struct Switch {
    on: bool,
}

async fn daylight(State(board): Board, body: String) -> Answer {
    let Switch { on } = parse(&body)?;
    let mut daylight = board
        .daylight
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    // The old day has to end before a new one begins.
    *daylight = None;
    board.feed.update(|now| now.daylight = false);
    if on {
        let begun = Daylight::begin(Arc::clone(&board.counterfit), Arc::clone(&board.feed));
        *daylight = Some(begun.map_err(|refusal| (StatusCode::CONFLICT, refusal.to_string()))?);
    }
    Ok("OK")
}

#[derive(Deserialize)]
struct Cut {
    /// Whose line; without it all.
    who: Option<ProgramId>,
    /// Which device's, where several run; without it all.
    device: Option<String>,
    seconds: u64,
}

async fn cut(State(board): Board, body: String) -> Answer {
    let stage = stage(&board)?;
    let Cut {
        who,
        device,
        seconds,
    } = parse(&body)?;
    if !(1..=LONGEST_CUT).contains(&seconds) {
        return Err((
            StatusCode::BAD_REQUEST,
            format!("a line can be cut for 1 to {LONGEST_CUT} seconds, not for {seconds}"),
        ));
    }
    stage
        .cut(who, device.as_deref(), Duration::from_secs(seconds))
        .map_err(trouble)?;
    Ok("OK")
}

async fn restart_broker(State(board): Board) -> Answer {
    stage(&board)?.restart_broker().map_err(trouble)?;
    Ok("OK")
}

async fn expired_certificate(State(board): Board) -> Answer {
    let stage = stage(&board)?;
    stage.show_expired_certificate().map_err(trouble)?;
    Ok("OK")
}

#[derive(Deserialize)]
struct Message {
    to: ProgramId,
    /// To which device, or as which one to the server, where several run.
    device: Option<String>,
    sort: Malformed,
}

async fn malformed(State(board): Board, body: String) -> Answer {
    let stage = stage(&board)?;
    let Message { to, device, sort } = parse(&body)?;
    stage
        .send_malformed(to, device.as_deref(), sort)
        .map_err(trouble)?;
    Ok("OK")
}

#[derive(Deserialize)]
struct Trial {
    experiment: Experiment,
}

async fn experiment(State(board): Board, body: String) -> Answer {
    let stage = stage(&board)?;
    let Trial { experiment } = parse(&body)?;
    stage.experiment(experiment).map_err(trouble)?;
    Ok("OK")
}

#[derive(Deserialize)]
struct Start {
    who: ProgramId,
    /// Which device, where several run.
    device: Option<String>,
}

async fn start(State(board): Board, body: String) -> Answer {
    let stage = stage(&board)?;
    let Start { who, device } = parse(&body)?;
    stage
        .start_again(who, device.as_deref())
        .await
        .map_err(trouble)?;
    Ok("OK")
}

async fn away(State(board): Board, body: String) -> Answer {
    let stage = stage(&board)?;
    let Switch { on } = parse(&body)?;
    let switched = if on {
        stage.unplug(None).await
    } else {
        stage.plug_in(None).await
    };
    switched.map_err(trouble)?;
    Ok("OK")
}

#[derive(Deserialize)]
struct Typed {
    line: String,
}

async fn order(State(board): Board, body: String) -> Answer {
    let stage = stage(&board)?;
    let Typed { line } = parse(&body)?;
    let length = line.chars().count();
    if length > LONGEST_LINE {
        let reason =
            format!("an order has {LONGEST_LINE} characters at most, and this one {length}");
        return Err((StatusCode::BAD_REQUEST, reason));
    }
    stage.type_order(&line).await.map_err(trouble)?;
    Ok("OK")
}

async fn repeat(State(board): Board) -> Answer {
    stage(&board)?.repeat_telemetry().map_err(trouble)?;
    Ok("OK")
}

pub(crate) fn stage(board: &Shared) -> Result<&Arc<Stage>, Refused> {
    board.stage.get().ok_or_else(|| {
        let reason = "no programs run here. `cargo xtask run` starts them with the board";
        (StatusCode::CONFLICT, reason.to_owned())
    })
}

pub(crate) fn parse<T: DeserializeOwned>(body: &str) -> Result<T, Refused> {
    serde_json::from_str(body)
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("bad request: {error}")))
}

pub(crate) fn trouble(trouble: Trouble) -> Refused {
    (StatusCode::CONFLICT, trouble.to_string())
}
