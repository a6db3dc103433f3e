//! The browser.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use arena::process::{Delivery, Launch, Supervised};
use arena::record::{Event, Record};
use tempfile::TempDir;

/// The names under which Chromium and its relatives are found in `PATH`.
const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "chrome",
    "msedge",
];

/// Where installers put them on systems that leave `PATH` alone.
const PLACES: [&str; 4] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
];

/// There is no browser to check a page with.
#[derive(Debug, PartialEq, Eq)]
pub struct NoChromium;

impl std::fmt::Display for NoChromium {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "a page is checked in Chromium or Chrome, and this machine has neither. Install one \
             (Debian: `sudo apt install chromium`). Everything else of the kit does without",
        )
    }
}

impl std::error::Error for NoChromium {}

/// Chromium, or a browser that is built on it.
#[derive(Clone, Debug)]
pub struct Chromium {
    program: PathBuf,
}

impl Chromium {
    /// The first that this machine has.
    ///
    /// # Errors
    /// When there is none.
    pub fn find() -> Result<Self, NoChromium> {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        let in_path = NAMES.iter().flat_map(|name| {
            let name = format!("{name}{}", env::consts::EXE_SUFFIX);
            let files = folders.iter().map(move |folder| folder.join(&name));
            files.collect::<Vec<_>>()
        });
        let mut all = in_path.chain(PLACES.map(PathBuf::from));
        let program = all.find(|file| file.is_file()).ok_or(NoChromium)?;
        Ok(Self { program })
    }

    /// Opens a page without a window, with a profile that goes when the browser does.
    pub(crate) fn open(&self, url: &str) -> anyhow::Result<Browser> {
        let profile = TempDir::with_prefix("nightlight-")?;
        let mut data = OsString::from("--user-data-dir=");
        data.push(profile.path());
        // A container seldom allows Chromium its sandbox; and nothing but this machine is reached.
        let mut arguments: Vec<OsString> = [
            "--headless",
            "--disable-gpu",
            "--no-sandbox",
            "--no-first-run",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-extensions",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        ]
        .map(OsString::from)
        .into();
        arguments.extend([data, url.into()]);
        let launch = Launch {
            program: self.program.clone(),
            arguments,
            settings: [].into(),
            delivery: Delivery::Environment,
            folder: profile.path().to_owned(),
        };
        let record = Arc::<Record>::default();
        let process = Supervised::start(&launch, Arc::default(), Arc::clone(&record))
            .with_context(|| format!("{} does not start", self.program.display()))?;
        Ok(Browser {
            process,
            record,
            _profile: profile,
        })
    }
}

/// A browser that runs.
pub(crate) struct Browser {
    process: Supervised,
    record: Arc<Record>,
    // Dropped after the process, which writes to it.
    _profile: TempDir,
}

impl Browser {
    /// The last that it said on its console.
    pub fn last_words(&self) -> String {
        self.record.look(|entries| {
            let said = entries.iter().filter_map(|entry| match &entry.event {
                Event::Printed { text, .. } => Some(text.as_str()),
                _ => None,
            });
            said.last().unwrap_or("it says nothing").to_owned()
        })
    }

    /// Ends it, with all of its processes.
    pub async fn close(mut self) {
        self.process.kill().await;
    }
}
