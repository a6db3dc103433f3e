//! What happens to the page, and what must be seen.

mod click;
mod findings;

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use arena::broker::{Access, Embedded};
use arena::line::Line;
use arena::peer::Peer;
use arena::record::Record;
use arena_websocket::WebSocket;
use checks::queries;
use checks::sheet::{Finding, Judgement, Sheet};
use course::ProgramId;
use course::verdict::Row;

use crate::chromium::{Browser, Chromium};
use crate::desk::Desk;

/// How long a browser may take until it shows a page.
const START: Duration = Duration::from_secs(60);

/// How long a page may take for what it should do at once.
const PROMPT: Duration = Duration::from_secs(5);

/// How long a page may take to come back. MQTT.js dials every second, unless it is told otherwise.
const RETURN: Duration = Duration::from_secs(10);

/// As many levels are told in a row.
const LEVELS: usize = 3;

/// What is no reading, and why.
const NONSENSE: [&str; 6] = [
    "dark",
    "",
    "{\"light\":",
    "null",
    "[]",
    "{\"light\":\"dark\"}",
];

/// The page, its line, and a client that tells it light levels.
struct Scene {
    id: String,
    page: ProgramId,
    record: Arc<Record>,
    line: Line,
    desk: Desk,
    teller: Peer,
    levels: fastrand::Rng,
    told: u16,
    sheet: Sheet,
}

/// Judges the page.
///
/// # Errors
/// When the browser or the broker fails.
pub async fn play(chromium: &Chromium, page: &str, seed: u64) -> anyhow::Result<Vec<Row>> {
    let step = course::page();
    let Some(program) = step.programs.first() else {
        bail!("the lesson has no page");
    };
    let broker = Embedded::for_a_scene(Access::default()).await?;
    let record = Arc::<Record>::default();
    let line = Line::open_over(
        Arc::new(WebSocket),
        broker.address(),
        Arc::default(),
        Arc::clone(&record),
    );
    let mut scene = Scene {
        id: format!("ada-{:06x}", fastrand::u32(..1 << 24)),
        page: program.id,
        record,
        line: line.await?,
        desk: Desk::open(page).await?,
        teller: Peer::connect(broker.address(), "nightlight-teller").await?,
        levels: fastrand::Rng::with_seed(seed),
        told: 0,
        sheet: Sheet::new(step),
    };
    let browser = chromium.open(&scene.desk.url(&scene.id, &scene.line.url()))?;
    let played = scene.story(&browser).await;
    browser.close().await;
    played?;
    if let Some(trouble) = scene.line.broker_failed() {
        return Err(trouble);
    }
    scene.sheet.into_rows()
}

impl Scene {
    async fn story(&mut self, browser: &Browser) -> anyhow::Result<()> {
        if !self.desk.sees(START, |seen| seen.loaded).await {
            let said = browser.last_words();
            bail!("the browser does not show the page. The last that it said: {said}");
        }
        if !self.connects().await || !self.subscribes(0, "subscribes").await {
            return Ok(());
        }
        let shows = self.shows("shows").await?;
        if !shows || !self.survives().await? {
            self.is_quiet(&[]);
            return Ok(());
        }
        let before = self.record.len();
        self.is_quiet(&[]);
        if queries::published(&self.record.freeze()[..before])
            .next()
            .is_none()
        {
            let on = self.click("on", true).await?;
            let off = self.click("off", false).await?;
            self.returns().await?;
            self.is_quiet(&[on, off]);
        } else {
            self.returns().await?;
        }
        Ok(())
    }

    fn note(&mut self, rule: &str, found: Result<(), Finding>) -> bool {
        let holds = found.is_ok();
        let judgement = match found {
            Ok(()) => Judgement::Pass,
            Err(finding) => Judgement::Fail(finding),
        };
        self.sheet.note(rule, self.page, judgement);
        holds
    }

    /// The first CONNECT, and the name in it.
    async fn connects(&mut self) -> bool {
        let accepted = self.record.when(0, PROMPT, |entries| {
            entries.iter().any(queries::is_accepted).then_some(())
        });
        let accepted = accepted.await.is_ok();
        let entries = self.record.freeze();
        let Some(connect) = queries::connects(&entries).next() else {
            return self.note(
                "connects",
                Err(findings::silent(&entries, &self.desk.now())),
            );
        };
        if !accepted {
            let finding = Finding::new("a CONNECT that the broker accepts", "one that it refuses");
            return self.note("connects", Err(finding));
        }
        let name = connect.client_id.clone();
        self.note("connects", Ok(()));
        let found = findings::name(&name, &self.id);
        self.note("client-name", found);
        true
    }

    /// What it subscribes to from `start` on, until the broker has answered.
    async fn subscribes(&mut self, start: usize, rule: &str) -> bool {
        let answered = self.record.when(start, PROMPT, |entries| {
            entries
                .iter()
                .any(|entry| queries::suback(entry).is_some())
                .then_some(())
        });
        // Without an answer there may still be a SUBSCRIBE, and if not, that is what is said.
        let _ = answered.await;
        let found = self.subscriptions(start);
        self.note(rule, found)
    }

    /// All that it has subscribed to from `start` on.
    fn subscriptions(&self, start: usize) -> Result<(), Finding> {
        let entries = self.record.freeze();
        let filters = queries::filters(entries.get(start..).unwrap_or_default());
        findings::filters(&filters.collect::<Vec<_>>(), &self.id, &self.desk.now())
    }

    /// Tells some levels, one after the other, and looks for each.
    async fn shows(&mut self, rule: &str) -> anyhow::Result<bool> {
        for _ in 0..LEVELS {
            if let Err(finding) = self.shows_next().await? {
                return Ok(self.note(rule, Err(finding)));
            }
        }
        Ok(self.note(rule, Ok(())))
    }

    /// A level that differs from the last one comes, and is to be seen.
    async fn shows_next(&mut self) -> anyhow::Result<Result<(), Finding>> {
        self.told = (self.told + self.levels.u16(1..1023)) % 1024;
        let level = self.told;
        self.tell(&format!("{{\"light\":{level}}}")).await?;
        let shown = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default();
            let mut numbers = text.split(|c: char| !c.is_ascii_digit());
            numbers.any(|number| number == level.to_string())
        };
        if self.desk.sees(PROMPT, |seen| shown(&seen.light)).await {
            return Ok(Ok(()));
        }
        Ok(Err(findings::unshown(level, &self.desk.now())))
    }

    async fn tell(&self, payload: &str) -> anyhow::Result<()> {
        let topic = format!("{}/telemetry", self.id);
        self.teller.publish(&topic, payload).await
    }

    /// After each payload that is no reading comes a reading.
    async fn survives(&mut self) -> anyhow::Result<bool> {
        for payload in NONSENSE {
            self.tell(payload).await?;
            if let Err(finding) = self.shows_next().await? {
                let finding = findings::after(payload, finding);
                return Ok(self.note("survives", Err(finding)));
            }
        }
        Ok(self.note("survives", Ok(())))
    }

    /// The line is cut, and open again at once.
    async fn returns(&mut self) -> anyhow::Result<()> {
        let start = self.record.len();
        self.line.cut();
        let back = self.record.when(start, RETURN, |entries| {
            entries.iter().any(queries::is_accepted).then_some(())
        });
        if back.await.is_err() {
            self.note("returns", Err(findings::away(RETURN)));
            return Ok(());
        }
        if !self.subscribes(start, "returns").await {
            return Ok(());
        }
        self.shows("returns").await?;
        let all = self.subscriptions(0);
        self.note("subscribes", all);
        Ok(())
    }

    /// Whether only these of its messages were sent.
    fn is_quiet(&mut self, asked_for: &[usize]) {
        let entries = self.record.freeze();
        let asked_for: usize = asked_for.iter().sum();
        let sent: Vec<_> = queries::published(&entries).collect();
        let found = match sent.first() {
            Some(first) if sent.len() > asked_for => {
                Err(findings::unasked(first, sent.len() - asked_for))
            }
            _ => Ok(()),
        };
        self.note("quiet", found);
    }
}
