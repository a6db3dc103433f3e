//! The board that people see: CounterFit's API and the page on one port.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};

use arena::board::counterfit::{self, Counterfit, Happening};
use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::daylight::Daylight;
use crate::entrance::{self, Entrance};
use crate::feed::{self, Feed};
use crate::gate::Gate;
use crate::stage::Stage;
use crate::{controls, page, waits};

/// Why a board cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port is in use.
    #[error("port {port} is in use")]
    PortInUse {
        /// Port number.
        port: u16,
    },
    /// The address cannot be listened on for another reason.
    #[error("the board cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The operating system's error.
        source: io::Error,
    },
    /// The board's own parts do not fit.
    #[error(transparent)]
    Parts(#[from] arena::board::parts::Refusal),
}

/// A served board. Dropped, it ends.
#[derive(Debug)]
pub struct LiveBoard {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// What the page's requests work on.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) counterfit: Arc<Counterfit>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) daylight: Mutex<Option<Daylight>>,
    /// The programs, once there are any.
    pub(crate) stage: OnceLock<Arc<Stage>>,
}

impl LiveBoard {
    /// Serves a board with a light sensor and an LED at `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port is in use or may not be opened.
    pub async fn serve(address: SocketAddr) -> Result<Self, ServeError> {
        Self::open(address, |_| Vec::new(), |_| ()).await
    }

    /// As [`LiveBoard::serve`], but also for who calls it by one of the names that it has on its
    /// port, and tells of all that happens on the board. `tells` must be quick: programs wait.
    ///
    /// # Errors
    /// As [`LiveBoard::serve`].
    pub async fn open(
        address: SocketAddr,
        names: impl FnOnce(u16) -> Vec<String>,
        tells: impl Fn(&Happening) + Send + Sync + 'static,
    ) -> Result<Self, ServeError> {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| match source.kind() {
                io::ErrorKind::AddrInUse => ServeError::PortInUse {
                    port: address.port(),
                },
                _ => ServeError::Listen { address, source },
            })?;
        let address = listener
            .local_addr()
            .map_err(|source| ServeError::Listen { address, source })?;

        let feed = Arc::new(Feed::default());
        let parts = arena::board::nightlight()?;
        feed.update(|now| now.parts = json!(parts));
        let counterfit = Arc::new_cyclic(|board: &std::sync::Weak<Counterfit>| {
            let (board, feed) = (board.clone(), Arc::clone(&feed));
            Counterfit::new(parts, move |happening| {
                if let Some(board) = board.upgrade() {
                    tell(&board, &feed, &happening);
                    tells(&happening);
                }
            })
        });
        let shared = Arc::new(Shared {
            counterfit,
            feed,
            daylight: Mutex::default(),
            stage: OnceLock::new(),
        });
        let app = routes(
            Arc::clone(&shared),
            Gate::of(address, &names(address.port())),
        );
        let entrance = Entrance::new(listener, entrance::LIMIT);
        let server = tokio::spawn(async move {
            // It ends with the process, so there is nobody left to tell.
            let _ = axum::serve(entrance, app).await;
        });
        Ok(Self {
            address,
            shared,
            server,
        })
    }

    /// URL for people and programs.
    pub fn url(&self) -> String {
        if self.address.ip().is_unspecified() {
            return format!("http://127.0.0.1:{}", self.address.port());
        }
        format!("http://{}", self.address)
    }

    /// The port at which it listens.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The feed of its pages.
    pub fn feed(&self) -> Arc<Feed> {
        Arc::clone(&self.shared.feed)
    }

    /// Gives the page's buttons these programs to act on. A board has one stage, the first.
    pub fn set_stage(&self, stage: Arc<Stage>) {
        let _ = self.shared.stage.set(stage);
    }
}

impl Drop for LiveBoard {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn tell(board: &Counterfit, feed: &Feed, happening: &Happening) {
    feed.update(|now| {
        // Read here, so that of two changes at once the later one is told last.
        now.parts = json!(*board.parts());
        match happening {
            Happening::Connected | Happening::Read { .. } | Happening::Switched { .. } => {
                now.heard = Some(feed::clock());
            }
            Happening::Disconnected => now.heard = None,
            Happening::Changed | Happening::Refused(_) => {}
        }
    });
}

fn routes(shared: Arc<Shared>, gate: Gate) -> Router {
    let feed = Arc::clone(&shared.feed);
    let waits = waits::routes(move |look| feed.update(|now| look.tell_in(&mut now.next_look)));
    let routes = counterfit::routes(Arc::clone(&shared.counterfit))
        .merge(waits)
        .merge(page::routes(Arc::clone(&shared.counterfit)))
        .merge(controls::routes(shared));
    guarded(routes, gate)
}

/// These paths behind the gate; others are said not to exist.
pub(crate) fn guarded(routes: Router, gate: Gate) -> Router {
    routes
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(gate, Gate::pass))
}

async fn unknown(uri: Uri) -> (StatusCode, String) {
    let reason = format!(
        "this board has no {}. It has CounterFit's API, but for serial, GPS and camera sensors",
        uri.path()
    );
    (StatusCode::NOT_FOUND, reason)
}

async fn wrong_method(method: Method, uri: Uri) -> (StatusCode, String) {
    let reason = format!("{method} is not what {} is for", uri.path());
    (StatusCode::METHOD_NOT_ALLOWED, reason)
}
