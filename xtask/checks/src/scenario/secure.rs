//! Step 9: step 4's pair, over a line that is encrypted. What step 4 asks is asked once more, over TLS;
//! and then the broker's certificate is not what it should be.

mod broken;
mod certificates;
mod client;
mod password;
mod rights;
mod silence;
mod words;

use course::{DEVICE, SERVER};

use super::commands;
use crate::call::Shape;
use crate::stage::Scene;

/// How long a program is told to pause where the broker refuses it often, or it the broker, in
/// milliseconds.
const RETRY_MS: u64 = 10;

const OWN: &[Scene] = &[
    hurried("server's certificates", |stage| {
        Box::pin(certificates::certificates(stage, SERVER))
    }),
    hurried("device's certificates", |stage| {
        Box::pin(certificates::certificates(stage, DEVICE))
    }),
    hurried("server's password", |stage| {
        Box::pin(password::password(stage, SERVER))
    }),
    hurried("device's password", |stage| {
        Box::pin(password::password(stage, DEVICE))
    }),
    Scene::new("server's settings", Shape::Short, |stage| {
        Box::pin(broken::settings(stage, SERVER))
    }),
    Scene::new("device's settings", Shape::Short, |stage| {
        Box::pin(broken::settings(stage, DEVICE))
    }),
    Scene::new("silence", Shape::Guid, |stage| {
        Box::pin(silence::silence(stage))
    }),
    Scene::new("rights", Shape::Short, |stage| {
        Box::pin(rights::rights(stage))
    }),
    Scene::new("server's own certificate", Shape::Short, |stage| {
        Box::pin(client::own(stage, SERVER))
    }),
    Scene::new("device's own certificate", Shape::Short, |stage| {
        Box::pin(client::own(stage, DEVICE))
    }),
];

const fn hurried(title: &'static str, story: crate::stage::Story) -> Scene {
    Scene {
        retry_ms: RETRY_MS,
        ..Scene::new(title, Shape::Guid, story)
    }
}

const EARLIER: usize = commands::SCENES.len();

const ALL: [Scene; EARLIER + OWN.len()] = {
    let mut all = [OWN[0]; EARLIER + OWN.len()];
    let mut place = 0;
    while place < all.len() {
        let scene = if place < EARLIER {
            commands::SCENES[place]
        } else {
            OWN[place - EARLIER]
        };
        all[place] = scene.over_tls();
        place += 1;
    }
    all
};

pub(super) const SCENES: &[Scene] = &ALL;
