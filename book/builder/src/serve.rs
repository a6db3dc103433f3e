//! Shows the guide on this machine, built again whenever a page is asked for after a change.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::SystemTime;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::task::spawn_blocking;

use crate::folders::Folders;
use crate::render;

const USUAL_PORT: u16 = 3000;

/// The port that was asked for belongs to another program.
#[derive(Debug, thiserror::Error)]
#[error("port {0} is taken by another program: name another one, or leave `--port` out")]
pub struct PortTaken(u16);

/// Serves until the process ends. `page` is the one to begin with, such as `mqtt.html#broker`.
pub fn serve(folders: &Folders, port: Option<u16>, open: bool, page: Option<&str>) -> Result<()> {
    let listener = listen(port)?;
    let address = format!("http://{}", listener.local_addr()?);
    render::build(folders)?;
    let address = page.map_or(address.clone(), |page| format!("{address}/{page}"));
    println!("The guide is at {address} (Ctrl-C ends this; reload the page after a change)");
    if open {
        open_browser(&address);
    }
    answer_all(Site::of(folders, true), listener)
}

/// Serves the finished pages in the background for as long as this process lives; says where.
pub fn in_background(folders: &Folders) -> Result<String> {
    let listener = listen(None)?;
    let address = format!("http://{}", listener.local_addr()?);
    let site = Site::of(folders, false);
    thread::spawn(move || answer_all(site, listener));
    Ok(address)
}

fn listen(port: Option<u16>) -> Result<TcpListener> {
    let wanted = TcpListener::bind(("127.0.0.1", port.unwrap_or(USUAL_PORT)));
    match (wanted, port) {
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

#[tokio::main(flavor = "current_thread")]
async fn answer_all(site: Arc<Site>, listener: TcpListener) -> Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let pages = Router::new().fallback(answer).with_state(site);
    axum::serve(listener, pages)
        .await
        .context("the guide is served no more")
}

async fn answer(State(site): State<Arc<Site>>, uri: Uri) -> Response {
    let answered = spawn_blocking(move || site.answer(uri.path())).await;
    // Only a panic ends up here, and it has said its words on stderr.
    answered.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// The finished pages, and whether they follow their sources.
struct Site {
    folders: Folders,
    rebuild: bool,
    /// When the last build began. The lock lets one build run at a time.
    built: Mutex<SystemTime>,
}

impl Site {
    fn of(folders: &Folders, rebuild: bool) -> Arc<Self> {
        let built = Mutex::new(SystemTime::now());
        Arc::new(Self {
            folders: folders.clone(),
            rebuild,
            built,
        })
    }

    fn answer(&self, path: &str) -> Response {
        let wants_page = path.ends_with('/') || path.ends_with(".html");
        if self.rebuild
            && wants_page
            && let Err(error) = self.build_after_a_change()
        {
            eprintln!("error: {error:#}");
            return (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response();
        }
        match page(&self.folders.output(), path) {
            Some((body, kind)) => ([(header::CONTENT_TYPE, kind)], body).into_response(),
            None => (StatusCode::NOT_FOUND, "no such page").into_response(),
        }
    }

    fn build_after_a_change(&self) -> Result<()> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if newest(&self.folders) <= *built {
            return Ok(());
        }
        let begun = SystemTime::now();
        // A failed build is tried again at the next look, changed or not.
        render::build(&self.folders)?;
        *built = begun;
        println!("built again");
        Ok(())
    }
}

fn page(output: &Path, path: &str) -> Option<(Vec<u8>, &'static str)> {
    let path = path.trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    // Names inside the book are plain; anything else is no page of ours.
    if path
        .split('/')
        .any(|part| part.is_empty() || part.starts_with('.'))
        || path.contains('\\')
    {
        return None;
    }
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
    Some((fs::read(output.join(path)).ok()?, kind))
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
        assert_eq!(page(&output, "/").unwrap().0, b"hello");
        assert_eq!(
            page(&output, "/index.html").unwrap().1,
            "text/html; charset=utf-8"
        );
        for url in [
            "/../secret.html",
            "/a//b.html",
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
