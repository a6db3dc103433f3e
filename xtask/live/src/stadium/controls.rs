//! What the page's controls do to a stadium.

use std::sync::Arc;

use arena::board::parts::Refusal;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use serde::Deserialize;

use super::Stadium;
use crate::board::Shared;
use crate::controls::{Answer, Board, Refused, parse, stage, trouble};
use crate::stage::Stage;

/// The brightest that a light sensor can tell.
const BRIGHTEST: u16 = 1023;

/// The paths of the stadium's controls.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/nightlight/stadium/light", post(light))
        .route("/nightlight/stadium/cover", post(cover))
        .route("/nightlight/stadium/plug", post(plug))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Light {
    /// Where; without it everywhere.
    device: Option<String>,
    light: u16,
}

async fn light(State(board): Board, body: String) -> Answer {
    let (_, stadium) = stadium(&board)?;
    let Light { device, light } = parse(&body)?;
    if light > BRIGHTEST {
        let reason = format!("`light` is {light}, but a light level goes from 0 to {BRIGHTEST}");
        return Err((StatusCode::BAD_REQUEST, reason));
    }
    match device {
        Some(device) => place(stadium, &device)?.shine(light),
        None => stadium.shine(light),
    }
    .map_err(refusal)?;
    Ok("OK")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cover {
    device: String,
    on: bool,
}

async fn cover(State(board): Board, body: String) -> Answer {
    let (_, stadium) = stadium(&board)?;
    let Cover { device, on } = parse(&body)?;
    let place = place(stadium, &device)?;
    place.cover(on).map_err(refusal)?;
    Ok("OK")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plug {
    device: String,
    on: bool,
}

async fn plug(State(board): Board, body: String) -> Answer {
    let (stage, stadium) = stadium(&board)?;
    let Plug { device, on } = parse(&body)?;
    place(stadium, &device)?;
    let plugged = if on {
        stage.plug_in(Some(&device)).await
    } else {
        stage.unplug(Some(&device)).await
    };
    plugged.map_err(trouble)?;
    Ok("OK")
}

fn stadium(board: &Shared) -> Result<(&Arc<Stage>, &Stadium), Refused> {
    let stage = stage(board)?;
    let none = || {
        let reason = "one device runs here at most, so this is no stadium";
        (StatusCode::CONFLICT, reason.to_owned())
    };
    Ok((stage, stage.stadium().ok_or_else(none)?))
}

fn place<'a>(stadium: &'a Stadium, device: &str) -> Result<&'a super::Place, Refused> {
    stadium.place(device).ok_or_else(|| {
        let reason = format!("there is no device `{device}` here");
        (StatusCode::NOT_FOUND, reason)
    })
}

fn refusal(refusal: Refusal) -> Refused {
    let status = match refusal {
        Refusal::NotFound(_) => StatusCode::NOT_FOUND,
        Refusal::Bad(_) => StatusCode::BAD_REQUEST,
    };
    (status, refusal.to_string())
}
