//! Requests to a board that speaks HTTP.

use std::time::Duration;

use ureq::Agent;
use ureq::http::header::CONNECTION;

/// How long a board may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A board's address, and the client that talks to it.
#[derive(Debug, Clone)]
pub(super) struct Http {
    agent: Agent,
    url: String,
}

/// What the board answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Http {
    pub(super) fn new(host: &str, port: u16) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            // A board is on this desk: a proxy from the environment would only hide it.
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            // A connection kept from before the board's restart would fail the request after it.
            .max_idle_connections(0)
            .build()
            .new_agent();
        let url = format!("http://{host}:{port}");
        Self { agent, url }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn get(&self, path: &str) -> Result<Reply, ureq::Error> {
        let request = self.agent.get(format!("{}{path}", self.url));
        reply(request.header(CONNECTION, "close").call()?)
    }

    pub(super) fn post(&self, path: &str, json: &str) -> Result<Reply, ureq::Error> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request
            .header(CONNECTION, "close")
            .content_type("application/json");
        reply(request.send(json)?)
    }

    /// A POST whose answer may take as long as it likes.
    pub(super) fn post_patiently(&self, path: &str, json: &str) -> Result<Reply, ureq::Error> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request
            .header(CONNECTION, "close")
            .content_type("application/json")
            .config()
            .timeout_global(None)
            .timeout_connect(Some(PATIENCE))
            .build();
        reply(request.send(json)?)
    }
}

fn reply(mut response: ureq::http::Response<ureq::Body>) -> Result<Reply, ureq::Error> {
    Ok(Reply {
        status: response.status().as_u16(),
        body: response.body_mut().read_to_string()?,
    })
}
