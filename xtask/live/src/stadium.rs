//! Several devices at once: each with a board of its own, and what a right server makes of their
//! readings.

pub(crate) mod controls;
mod place;
mod topic;
mod watch;
mod weighed;
mod weighing;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arena::board::parts::Refusal;
use arena::record::Entry;
use serde::Serialize;

use crate::feed::Feed;
use crate::state::{Health, State};
use place::Place;
pub(crate) use topic::Topic;
use watch::Watch;
pub use weighed::{Command, Decision, Reading, Weighed};

/// The light at the start: a bright evening.
const EVENING: u16 = 640;

/// The stadium as the page shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scene {
    /// The light of the whole stadium, as it was last set, 0 to 1023.
    pub light: u16,
    /// How old a reading may be and still count, in milliseconds.
    pub stale_after: u64,
    /// The devices' places, in order.
    pub places: Vec<View>,
    /// What a right server makes of the readings.
    pub weighed: Weighed,
}

/// A device's place as the page shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// The device's name.
    pub name: String,
    /// How light it is there, 0 to 1023; `None` without a sensor.
    pub light: Option<f64>,
    /// What the sensor reads, 0 to 1023: not the light, if it is covered.
    pub reads: Option<f64>,
    /// Whether something sits on the sensor.
    pub covered: bool,
    /// When its program looks at the light again, in milliseconds since 1970, if it waits by the
    /// board's clock.
    pub next_look: Option<u64>,
    /// Whether the device has no power, because somebody has unplugged it.
    pub unplugged: bool,
    /// Whether the LED is on.
    pub led: bool,
    /// How the device's program is.
    pub state: State,
}

impl Scene {
    /// The place of that device, if there is one.
    pub fn place(&mut self, device: &str) -> Option<&mut View> {
        self.places.iter_mut().find(|place| place.name == device)
    }

    /// How the devices are, taken together.
    pub fn together(&self) -> State {
        let is = |health| move |place: &&View| place.state.health == health;
        let all = self.places.len();
        let good = self.places.iter().filter(is(Health::Good)).count();
        let gone = self.places.iter().filter(is(Health::Gone)).count();
        let health = match (good, gone) {
            (good, _) if good == all => Health::Good,
            (_, gone) if gone == all => Health::Gone,
            _ => Health::Waiting,
        };
        let others = self
            .places
            .iter()
            .filter(|place| place.state.health != Health::Good);
        let others: Vec<_> = others
            .map(|place| format!("{}: {}", place.name, place.state.word))
            .collect();
        let detail = match &others[..] {
            [] => "Each has a board and a name of its own.".to_owned(),
            others => format!("{}.", others.join(", ")),
        };
        State::new(health, format!("{good} of {all} connected"), detail)
    }
}

/// The devices' boards, and the scales.
#[derive(Debug)]
pub struct Stadium {
    places: Vec<Place>,
    watch: Mutex<Watch>,
    feed: Arc<Feed>,
}

impl Stadium {
    /// Serves a board for each of these devices, each on a free port of this machine. `page` is
    /// where people look; readings of the devices under `id` count for `stale_after`.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn open(
        devices: &[String],
        id: &str,
        stale_after: Duration,
        page: &str,
        feed: Arc<Feed>,
    ) -> anyhow::Result<Self> {
        let scene = Scene {
            light: EVENING,
            stale_after: u64::try_from(stale_after.as_millis()).unwrap_or(u64::MAX),
            places: devices.iter().map(|device| View::new(device)).collect(),
            weighed: Weighed::default(),
        };
        feed.update(|now| now.stadium = Some(scene));
        let mut places = Vec::new();
        for device in devices {
            let place = Place::open(device, page, Arc::clone(&feed)).await?;
            place.shine(EVENING)?;
            places.push(place);
        }
        Ok(Self {
            places,
            watch: Mutex::new(Watch::new(id, stale_after)),
            feed,
        })
    }

    /// What `NIGHTLIGHT_BOARD` is set to for a device.
    pub fn board(&self, device: &str) -> Option<String> {
        Some(self.place(device)?.url())
    }

    /// Sets the light everywhere, 0 to 1023. A covered sensor sees nothing of it.
    ///
    /// # Errors
    /// When a place has no light sensor.
    pub fn shine(&self, light: u16) -> Result<(), Refusal> {
        self.change(|scene| scene.light = light);
        self.places.iter().try_for_each(|place| place.shine(light))
    }

    /// Something that was seen on the server's line, or of its process.
    pub(crate) fn see(&self, entry: &Entry) {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        if watch.see(entry) {
            self.change(|scene| scene.weighed = watch.weighed());
        }
    }

    /// Shows that a device has lost its power, and its lamp with it, or has it again.
    pub(crate) fn show_power(&self, device: &str, unplugged: bool) {
        self.change(|scene| {
            if let Some(place) = scene.place(device) {
                place.unplugged = unplugged;
            }
        });
        if unplugged && let Some(place) = self.place(device) {
            place.lose_power();
        }
    }

    fn place(&self, device: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.name == device)
    }

    fn change(&self, change: impl FnOnce(&mut Scene)) {
        self.feed.update(|now| {
            if let Some(scene) = &mut now.stadium {
                change(scene);
            }
        });
    }
}

impl View {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            light: None,
            reads: None,
            covered: false,
            next_look: None,
            unplugged: false,
            led: false,
            state: State::new(Health::Waiting, "not started", "It is about to start."),
        }
    }
}
