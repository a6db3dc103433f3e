//! The page, and the client in it: MQTT.js (MIT, <https://github.com/mqttjs/MQTT.js>), as its package
//! `mqtt` on npm has it in `dist/`.

use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};

use crate::gate::{Answer, refusal};

/// MQTT.js itself, for other pages than this one.
pub const MQTT_JS: &str = include_str!("../page/mqtt-5.16.0.min.js");

/// Path, kind and text of each part. Nothing comes from anywhere else.
const PARTS: [(&str, &str, &str); 4] = [
    ("/", "text/html", include_str!("../page/index.html")),
    (
        "/client.css",
        "text/css",
        include_str!("../page/client.css"),
    ),
    (
        "/client.js",
        "text/javascript",
        include_str!("../page/client.js"),
    ),
    ("/mqtt.min.js", "text/javascript", MQTT_JS),
];

/// The browser itself refuses whatever is not from here. MQTT.js keeps its time in a worker, which it
/// makes from a blob: a page in the background has slow clocks, and would send its pings too late.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; \
                      connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// What there is at this path.
pub(crate) fn answer(method: &Method, path: &str) -> Answer {
    let Some((_, kind, text)) = PARTS.iter().find(|(at, ..)| *at == path) else {
        let words =
            format!("there is no {path} here. The page is at /, and MQTT over WebSocket at /mqtt");
        return refusal(StatusCode::NOT_FOUND, words);
    };
    if !matches!(*method, Method::GET | Method::HEAD) {
        let words = format!("{method} is not what {path} is for");
        return refusal(StatusCode::METHOD_NOT_ALLOWED, words);
    }
    let mut answer = Answer::new((*text).into());
    let headers: [(HeaderName, &'static str); 4] = [
        // After an update of the kit nobody should see the old page.
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in headers {
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    if let Ok(kind) = HeaderValue::from_str(&format!("{kind}; charset=utf-8")) {
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    answer
}
