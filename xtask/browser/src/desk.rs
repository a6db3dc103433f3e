//! Where the browser gets the page from, and where our script in it says what it sees and asks what to
//! click.

use std::sync::Arc;
use std::time::Duration;

use arena::loopback;
use arena::patience::patience;
use arena_websocket::MQTT_JS;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;

use crate::served::{LIBRARY, PROBE, served};

/// What our script says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    /// All of the page is there.
    Loaded(bool),
    /// What `#light` shows; nothing where there is no such element.
    Light(Option<String>),
    /// Something went wrong in a script of the page.
    Error(String),
    /// It was asked to click; whether the element is there.
    Clicked(bool),
}

/// What was said so far.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// All of the page is there.
    pub loaded: bool,
    /// What `#light` shows.
    pub light: Option<String>,
    /// The first that went wrong in the page.
    pub error: Option<String>,
    /// Each click that was asked for, and whether there was something to click.
    pub clicks: Vec<bool>,
}

/// Serves one page until it is dropped.
pub struct Desk {
    port: u16,
    seen: watch::Receiver<Seen>,
    clicks: mpsc::UnboundedSender<&'static str>,
    serving: JoinHandle<()>,
}

struct Shared {
    seen: watch::Sender<Seen>,
    clicks: Mutex<mpsc::UnboundedReceiver<&'static str>>,
}

impl Desk {
    /// Opens it on a free port.
    pub async fn open(page: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(loopback::at(0)).await?;
        let port = listener.local_addr()?.port();
        let (seen, watched) = watch::channel(Seen::default());
        let (clicks, asked) = mpsc::unbounded_channel();
        let page = served(page);
        let part = |kind: &'static str, text: String| {
            get(async move || ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], text))
        };
        let script = "text/javascript; charset=utf-8";
        let router = Router::new()
            .route("/", part("text/html; charset=utf-8", page))
            .route(LIBRARY, part(script, MQTT_JS.to_owned()))
            .route(PROBE, part(script, include_str!("probe.js").to_owned()))
            .route("/check/said", post(said))
            .route("/check/next", get(next))
            .with_state(Arc::new(Shared {
                seen,
                clicks: Mutex::new(asked),
            }));
        let serving = tokio::spawn(async move {
            // It ends with this task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            port,
            seen: watched,
            clicks,
            serving,
        })
    }

    /// Where the page is, with what it is to know.
    pub fn url(&self, id: &str, broker: &str) -> String {
        format!("http://127.0.0.1:{}/?id={id}&broker={broker}", self.port)
    }

    /// What the page shows now.
    pub fn now(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Waits until what is seen is so; whether it came to that.
    pub async fn sees(&self, limit: Duration, is: impl Fn(&Seen) -> bool) -> bool {
        let mut seen = self.seen.clone();
        tokio::select! {
            biased;
            seen = seen.wait_for(|seen| is(seen)) => seen.is_ok(),
            () = patience(limit) => false,
        }
    }

    /// Clicks the element with this id; whether there is one. None when the page does not answer.
    pub async fn click(&self, limit: Duration, element: &'static str) -> Option<bool> {
        let before = self.now().clicks.len();
        self.clicks.send(element).ok()?;
        let answered = self.sees(limit, |seen| seen.clicks.len() > before).await;
        answered.then(|| self.now().clicks.get(before).copied())?
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn said(State(shared): State<Arc<Shared>>, body: String) -> StatusCode {
    let Ok(said) = serde_json::from_str(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    shared.seen.send_modify(|seen| match said {
        Said::Loaded(loaded) => seen.loaded = loaded,
        Said::Light(light) => seen.light = light,
        Said::Error(error) => {
            seen.error.get_or_insert(error);
        }
        Said::Clicked(found) => seen.clicks.push(found),
    });
    StatusCode::NO_CONTENT
}

/// Answers when there is something to click.
async fn next(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    match shared.clicks.lock().await.recv().await {
        Some(element) => (StatusCode::OK, element),
        None => (StatusCode::GONE, ""),
    }
}
