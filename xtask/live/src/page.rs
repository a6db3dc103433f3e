//! The page and everything it needs. Nothing comes from anywhere else.

use std::fmt::Write as _;
use std::sync::Arc;

use arena::board::counterfit::Counterfit;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

const PAGE: &str = include_str!("../page/index.html");
const STYLES: [(&str, &str); 3] = [
    ("/board.css", include_str!("../page/board.css")),
    ("/labs.css", include_str!("../page/labs.css")),
    ("/stadium.css", include_str!("../page/stadium.css")),
];
const ICON: &str = include_str!("../page/icon.svg");

/// The page's modules. The page loads the first, and each loads those that it needs.
const SCRIPTS: [(&str, &str); 15] = [
    ("/board.js", include_str!("../page/board.js")),
    ("/cast.js", include_str!("../page/cast.js")),
    ("/elements.js", include_str!("../page/elements.js")),
    ("/labs.js", include_str!("../page/labs.js")),
    ("/looks.js", include_str!("../page/looks.js")),
    ("/orders.js", include_str!("../page/orders.js")),
    ("/packet-list.js", include_str!("../page/packet-list.js")),
    ("/packets.js", include_str!("../page/packets.js")),
    ("/parts.js", include_str!("../page/parts.js")),
    ("/requests.js", include_str!("../page/requests.js")),
    ("/room.js", include_str!("../page/room.js")),
    ("/scales.js", include_str!("../page/scales.js")),
    ("/slider.js", include_str!("../page/slider.js")),
    ("/stadium.js", include_str!("../page/stadium.js")),
    ("/wire.js", include_str!("../page/wire.js")),
];

/// Where the list of LEDs goes in the page.
const LEDS: &str = "<!-- leds -->";

/// The browser itself refuses whatever is not from here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// The page's paths.
pub fn routes(board: Arc<Counterfit>) -> Router {
    let mut routes = Router::new();
    for (path, script) in SCRIPTS {
        routes = routes.route(path, get(async move || asset("text/javascript", script)));
    }
    for (path, style) in STYLES {
        routes = routes.route(path, get(async move || asset("text/css", style)));
    }
    routes
        .route("/", get(page))
        .route("/icon.svg", get(async || asset("image/svg+xml", ICON)))
        .with_state(board)
}

async fn page(State(board): State<Arc<Counterfit>>) -> Response {
    asset("text/html", PAGE.replace(LEDS, &leds(&board)))
}

/// CounterFit's page shows the title of each LED under this id, and programs look for it there:
/// its API has no question for it.
pub(crate) fn leds(board: &Counterfit) -> String {
    let mut list = String::new();
    for (port, on) in board.parts().leds() {
        // Names with other letters would have to be escaped, and nobody looks for those.
        if port.bytes().all(|letter| letter.is_ascii_alphanumeric()) {
            let word = if on { "on" } else { "off" };
            let _ = write!(list, r#"<li id="ledTitleId{port}">LED {word}</li>"#);
        }
    }
    list
}

/// Something for a browser, with what it may do with it.
pub(crate) fn asset(kind: &str, body: impl IntoResponse) -> Response {
    let headers: [(HeaderName, String); 5] = [
        (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        // After an update of the kit nobody should see the old page.
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (headers, body).into_response()
}
