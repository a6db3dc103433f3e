//! A board for the tests: real HTTP on a free port, with answers that the test chooses.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// Method, path and body, for example `POST /actuator_value?port=5 {"value":true}`.
    pub(super) text: String,
    /// The media type of the body.
    content_type: Option<String>,
    /// Which connection it came on.
    connection: usize,
}

/// What the board does with a request.
pub(super) enum Answer {
    /// Replies with a status and a body, and keeps the connection open.
    Reply(u16, String),
    /// Sends these bytes, then closes the connection.
    Bytes(&'static str),
    /// Closes the connection.
    HangUp,
    /// Says nothing until the program gives up.
    Silence,
}

pub(super) fn ok(body: &str) -> Answer {
    Answer::Reply(200, body.to_owned())
}

/// A board that serves until it is dropped.
pub(super) struct FakeBoard {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    closings: Receiver<()>,
    stopping: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl FakeBoard {
    pub(super) fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stopping = Arc::new(AtomicBool::new(false));
        let answer = Arc::new(answer);
        let (closed, closings) = mpsc::channel();
        let thread = thread::spawn({
            let requests = Arc::clone(&requests);
            let stopping = Arc::clone(&stopping);
            move || {
                for (connection, stream) in listener.incoming().enumerate() {
                    if stopping.load(Ordering::SeqCst) {
                        return;
                    }
                    let requests = Arc::clone(&requests);
                    let answer = Arc::clone(&answer);
                    let closed = closed.clone();
                    thread::spawn(move || {
                        serve(stream.unwrap(), connection, &requests, &*answer);
                        // Whoever does not ask has dropped the board.
                        let _ = closed.send(());
                    });
                }
            }
        });
        Self {
            address,
            requests,
            closings,
            stopping,
            listener: Some(thread),
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests since this was last called.
    pub(super) fn requests(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap().split_off(0);
        // Every body that is sent to CounterFit has to say that it is JSON.
        for request in &requests {
            if request.text.contains('{') {
                let content_type = request.content_type.as_deref();
                assert_eq!(content_type, Some("application/json"), "{}", request.text);
            }
        }
        requests.into_iter().map(|request| request.text).collect()
    }

    /// Waits until one more connection is closed.
    pub(super) fn closes(&self) {
        self.closings.recv().unwrap();
    }

    /// For each request since then, the connection that it came on.
    pub(super) fn connections(&self) -> Vec<usize> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|request| request.connection).collect()
    }
}

impl Drop for FakeBoard {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it sees that it has to stop.
        drop(TcpStream::connect(self.address));
        if let Some(listener) = self.listener.take() {
            listener.join().unwrap();
        }
    }
}

fn serve(
    stream: TcpStream,
    connection: usize,
    requests: &Mutex<Vec<Request>>,
    answer: &impl Fn(&str) -> Answer,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some(mut request) = read_request(&mut reader) {
        request.connection = connection;
        let text = request.text.clone();
        requests.lock().unwrap().push(request);
        match answer(&text) {
            Answer::Reply(status, body) => {
                let length = body.len();
                let head = format!("HTTP/1.1 {status} Because\r\nContent-Length: {length}\r\n\r\n");
                writer.write_all((head + &body).as_bytes()).unwrap();
            }
            Answer::Bytes(bytes) => {
                writer.write_all(bytes.as_bytes()).unwrap();
                return;
            }
            Answer::HangUp => return,
            Answer::Silence => {
                let _until_the_program_gives_up = reader.read_to_end(&mut Vec::new());
                return;
            }
        }
    }
}

/// The next request, or `None` when the program has closed the connection.
fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let line = read_line(reader)?;
    let mut words = line.split(' ');
    let mut text = format!("{} {}", words.next()?, words.next()?);
    let mut length = 0;
    let mut content_type = None;
    loop {
        let line = read_line(reader)?;
        let Some((name, value)) = line.split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "content-type" => content_type = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if !body.is_empty() {
        text = format!("{text} {}", String::from_utf8(body).unwrap());
    }
    Some(Request {
        text,
        content_type,
        connection: 0,
    })
}

fn read_line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    reader
        .read_line(&mut line)
        .ok()
        .filter(|length| *length > 0)?;
    Some(line.trim_end().to_owned())
}
