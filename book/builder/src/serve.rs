//! Shows the guide on this machine, built again whenever a page is asked for after a change.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow};
use tiny_http::{Header, Request, Response, Server};

use crate::folders::Folders;
use crate::render;

const USUAL_PORT: u16 = 3000;

/// The port that was asked for belongs to another program.
#[derive(Debug, thiserror::Error)]
#[error("port {0} is taken by another program: name another one, or leave `--port` out")]
pub struct PortTaken(u16);

/// Serves until the process ends.
pub fn serve(folders: &Folders, port: Option<u16>, open: bool) -> Result<()> {
    let listener = listen(port)?;
    let address = format!("http://{}", listener.local_addr()?);
    render::build(folders)?;
    println!("The guide is at {address} (Ctrl-C ends this; reload the page after a change)");
    if open {
        open_browser(&address);
    }
    answer_all(folders.clone(), listener, true)
}

/// Serves the finished pages in the background for as long as this process lives; says where.
pub fn in_background(folders: &Folders) -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on this machine")?;
    let address = format!("http://{}", listener.local_addr()?);
    let folders = folders.clone();
    thread::spawn(move || answer_all(folders, listener, false));
    Ok(address)
}

fn listen(port: Option<u16>) -> Result<TcpListener> {
    match (
        TcpListener::bind(("127.0.0.1", port.unwrap_or(USUAL_PORT))),
        port,
    ) {
        (Ok(listener), _) => Ok(listener),
        (Err(error), Some(port)) if error.kind() == io::ErrorKind::AddrInUse => {
            Err(PortTaken(port).into())
        }
        (Err(error), Some(port)) => Err(error).with_context(|| format!("port {port}")),
        (Err(_), None) => {
            TcpListener::bind(("127.0.0.1", 0)).context("no free port on this machine")
        }
    }
}

fn answer_all(folders: Folders, listener: TcpListener, rebuild: bool) -> Result<()> {
    let server = Server::from_listener(listener, None).map_err(|error| anyhow!("{error}"))?;
    let mut built = SystemTime::now();
    for request in server.incoming_requests() {
        let wants_page = request.url().ends_with('/') || request.url().contains(".html");
        if rebuild && wants_page && newest(&folders) > built {
            built = SystemTime::now();
            match render::build(&folders) {
                Ok(()) => println!("built again"),
                Err(error) => {
                    eprintln!("error: {error:#}");
                    say(
                        request,
                        Response::from_string(format!("{error:#}")).with_status_code(500),
                    );
                    // The next look tries again, even if nothing changed in between.
                    built = SystemTime::UNIX_EPOCH;
                    continue;
                }
            }
        }
        match page(&folders.output(), request.url()) {
            Some((body, kind)) => say(request, Response::from_data(body).with_header(kind)),
            None => say(
                request,
                Response::from_string("no such page").with_status_code(404),
            ),
        }
    }
    Ok(())
}

/// A reader who went away is no error.
fn say<R: io::Read>(request: Request, response: Response<R>) {
    let _ = request.respond(response);
}

fn page(output: &Path, url: &str) -> Option<(Vec<u8>, Header)> {
    let path = url.split(['?', '#']).next()?.trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    // Names inside the book are plain; anything else is no page of ours.
    if path
        .split('/')
        .any(|part| part.is_empty() || part.starts_with('.'))
        || path.contains('\\')
    {
        return None;
    }
    let body = fs::read(output.join(path)).ok()?;
    let kind = match Path::new(path).extension()?.to_str()? {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    };
    let header = Header::from_bytes("Content-Type", kind).ok()?;
    Some((body, header))
}

/// When anything the book is made of last changed.
fn newest(folders: &Folders) -> SystemTime {
    let sources = [
        folders.chapters(),
        folders.quizzes(),
        folders.diagrams(),
        folders.listings(),
        folders.transcripts(),
        folders.book().join("theme"),
        folders.book().join("book.toml"),
    ];
    sources
        .iter()
        .map(newest_in)
        .max()
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

fn newest_in(path: &PathBuf) -> SystemTime {
    let own = fs::metadata(path)
        .and_then(|data| data.modified())
        .unwrap_or(SystemTime::UNIX_EPOCH);
    let Ok(entries) = fs::read_dir(path) else {
        return own;
    };
    entries
        .flatten()
        .map(|entry| newest_in(&entry.path()))
        .fold(own, SystemTime::max)
}

fn open_browser(address: &str) {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("cmd", &["/C", "start"])
    } else {
        ("xdg-open", &[])
    };
    let quiet = Command::new(program)
        .args(arguments)
        .arg(address)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if quiet.is_err() {
        println!("No browser opened ({program} is not here): open the address by hand.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_book_are_served() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("book");
        fs::create_dir(&output).unwrap();
        fs::write(output.join("index.html"), "hello").unwrap();
        fs::write(folder.path().join("secret.html"), "secret").unwrap();
        assert_eq!(page(&output, "/?x=1").unwrap().0, b"hello");
        assert_eq!(
            page(&output, "/index.html").unwrap().1.value.as_str(),
            "text/html; charset=utf-8"
        );
        for url in [
            "/../secret.html",
            "//etc/passwd",
            "/.git/config",
            "/..\\secret.html",
            "/gone.html",
        ] {
            assert!(page(&output, url).is_none(), "{url}");
        }
    }

    #[test]
    fn a_port_that_was_asked_for_is_not_replaced() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(listen(Some(port)).unwrap_err().is::<PortTaken>());
        assert!(listen(None).is_ok());
    }
}
