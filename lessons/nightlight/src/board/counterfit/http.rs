//! One request to the board, and its reply or what came instead.

use std::fmt;
use std::io;
use std::time::Duration;

use ureq::Agent;

use crate::BoardError;

/// How long a board may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Room for the headers of a request or a reply, in bytes. Bodies may be larger.
const BUFFER: usize = 16 * 1024;

/// How much of a strange reply is shown, in characters.
const EXCERPT: usize = 80;

/// A board's address, and the client that asks it.
///
/// Connections are kept for the next request (RFC 9112, section 9.3). The client looks whether one
/// was closed meanwhile before it uses it again, so a board may be restarted between two requests.
#[derive(Clone)]
pub(super) struct Http {
    agent: Agent,
    url: String,
    patience: Duration,
}

impl Http {
    /// A client of the board at `http://host:port`.
    pub(super) fn new(url: String) -> Self {
        Self::with_patience(url, PATIENCE)
    }

    pub(super) fn with_patience(url: String, patience: Duration) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(patience))
            // The board is next to the program: a proxy from the environment cannot know it.
            .proxy(None)
            // The default, 128 KiB each, takes longer to clear than the request takes.
            .input_buffer_size(BUFFER)
            .output_buffer_size(BUFFER)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .build()
            .new_agent();
        Self {
            agent,
            url,
            patience,
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn get(&self, path: &str) -> Result<Reply, BoardError> {
        let response = self.agent.get(format!("{}{path}", self.url)).call();
        self.reply(format!("GET {path}"), response)
    }

    pub(super) fn post(&self, path: &str, json: &str) -> Result<Reply, BoardError> {
        let response = self.post_request(path).send(json);
        self.reply(format!("POST {path}"), response)
    }

    /// A POST whose answer may take as long as it likes.
    pub(super) fn post_and_wait(&self, path: &str, json: &str) -> Result<Reply, BoardError> {
        let request = self.post_request(path).config().timeout_global(None);
        let request = request.timeout_connect(Some(self.patience)).build();
        self.reply(format!("POST {path}"), request.send(json))
    }

    fn post_request(&self, path: &str) -> ureq::RequestBuilder<ureq::typestate::WithBody> {
        self.agent
            .post(format!("{}{path}", self.url))
            .content_type("application/json")
    }

    fn reply(
        &self,
        request: String,
        response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Reply, BoardError> {
        let read = response.and_then(|mut response| {
            let body = response.body_mut().read_to_string()?;
            Ok((response.status(), body))
        });
        let url = self.url.clone();
        match read {
            Ok((status, body)) => Ok(Reply {
                url,
                request,
                status: status.as_u16(),
                body,
            }),
            Err(error) => Err(match self.silence(&error) {
                Some(reason) => BoardError::NotThere { url, reason },
                None => BoardError::UnexpectedReply {
                    url,
                    request,
                    reply: format!("something that is not HTTP ({error})"),
                },
            }),
        }
    }

    /// Why there was no answer, or `None` if there was one that is no HTTP.
    fn silence(&self, error: &ureq::Error) -> Option<String> {
        match error {
            ureq::Error::Io(error) => match error.kind() {
                io::ErrorKind::InvalidData => None,
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe => Some("it hung up without an answer".to_owned()),
                _ => Some(error.to_string()),
            },
            ureq::Error::Timeout(_) => Some(format!("no answer in {:?}", self.patience)),
            ureq::Error::HostNotFound => Some("no computer has this name".to_owned()),
            ureq::Error::ConnectionFailed | ureq::Error::Http(_) | ureq::Error::BadUri(_) => {
                Some(error.to_string())
            }
            _ => None,
        }
    }
}

// The client's own would be pages long.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Http").field(&self.url).finish()
    }
}

/// What the board answered.
#[derive(Debug)]
pub(super) struct Reply {
    url: String,
    request: String,
    pub(super) status: u16,
    pub(super) body: String,
}

impl Reply {
    /// This reply, if it has the status 200.
    pub(super) fn ok(self) -> Result<Self, BoardError> {
        if self.status == 200 {
            Ok(self)
        } else {
            Err(self.unexpected())
        }
    }

    /// An error that says that no board answers like this.
    pub(super) fn unexpected(self) -> BoardError {
        let line = self.body.trim_start().lines().next().unwrap_or_default();
        let plain = line.chars().filter(|c| !c.is_control());
        let excerpt: String = plain.take(EXCERPT).collect();
        BoardError::UnexpectedReply {
            url: self.url,
            request: self.request,
            reply: format!("status {} and `{excerpt}`", self.status),
        }
    }
}
