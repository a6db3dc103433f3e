//! A device's place: a board of its own, whose sensor can be covered.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use anyhow::Context;
use arena::board::counterfit::{self, Counterfit};
use arena::board::parts::{Refusal, Scale, SensorSettings};
use arena::board::{LED_PORT, LIGHT_PORT};
use arena::loopback;
use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::board::guarded;
use crate::feed::Feed;
use crate::gate::Gate;
use crate::{page, waits};

/// What a covered sensor reads: it is dark under a bird.
const COVERED: u16 = 0;

/// A board that is served. Dropped, it ends.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) name: String,
    address: SocketAddr,
    counterfit: Arc<Counterfit>,
    around: Arc<Around>,
    /// One hand at a time: whoever covers a sensor must not meet somebody who moves its light.
    hand: Mutex<()>,
    server: JoinHandle<()>,
}

/// How light it is around a sensor that is covered; `None` while it is not.
#[derive(Debug, Default)]
struct Around(Mutex<Option<f64>>);

impl Around {
    fn lock(&self) -> MutexGuard<'_, Option<f64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Serves a board on a free port of this machine, which programs see; people are sent to `page`.
    pub(super) async fn open(name: &str, page: &str, feed: Arc<Feed>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(loopback::at(0)).await;
        let listener = listener.context("no port is left for a board")?;
        let address = listener.local_addr()?;
        let parts = arena::board::nightlight()?;
        let around = Arc::<Around>::default();
        let counterfit = Arc::new_cyclic(|board: &Weak<Counterfit>| {
            let (board, around) = (board.clone(), Arc::clone(&around));
            let feed = Arc::clone(&feed);
            let name = name.to_owned();
            Counterfit::new(parts, move |_| {
                if let Some(board) = board.upgrade() {
                    tell(&feed, &name, &board, &around);
                }
            })
        });
        let waits = {
            let (feed, name) = (Arc::clone(&feed), name.to_owned());
            waits::routes(move |look| {
                feed.update(|now| {
                    let place = now.stadium.as_mut().and_then(|scene| scene.place(&name));
                    if let Some(view) = place {
                        look.tell_in(&mut view.next_look);
                    }
                });
            })
        };
        let front = front(Arc::clone(&counterfit), name, page);
        let app = counterfit::routes(Arc::clone(&counterfit))
            .merge(waits)
            .merge(front);
        let app = guarded(app, Gate::of(address, &[]));
        let server = tokio::spawn(async move {
            // It ends with the play, so there is nobody left to tell.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            name: name.to_owned(),
            address,
            counterfit,
            around,
            hand: Mutex::default(),
            server,
        })
    }

    /// For programs.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets how light it is here, 0 to 1023.
    pub(super) fn shine(&self, light: u16) -> Result<(), Refusal> {
        let _hand = self.hand();
        let covered = {
            let mut around = self.around.lock();
            around.as_mut().map(|around| *around = light.into())
        };
        match covered {
            // The sensor goes on reading what it reads; the page shows the light around it.
            Some(()) => self.counterfit.change(|_| Ok(())),
            None => self.read_from_now_on(light.into()),
        }
    }

    /// Lets a bird sit down on the sensor, or fly away.
    pub(super) fn cover(&self, covered: bool) -> Result<(), Refusal> {
        let _hand = self.hand();
        if covered == self.around.lock().is_some() {
            return Ok(());
        }
        if covered {
            let light = self.counterfit.parts().sees(LIGHT_PORT).unwrap_or_default();
            self.read_from_now_on(COVERED.into())?;
            *self.around.lock() = Some(light);
            self.counterfit.change(|_| Ok(()))
        } else {
            let light = self.around.lock().take().unwrap_or_default();
            self.read_from_now_on(light)
        }
    }

    /// Without power no lamp is lit.
    pub(super) fn lose_power(&self) {
        // Whoever has unplugged the LED has no lamp that could be lit.
        let _ = self
            .counterfit
            .change(|parts| parts.switch(LED_PORT, false));
    }

    fn read_from_now_on(&self, level: f64) -> Result<(), Refusal> {
        let settings = SensorSettings {
            value: Some(level),
            is_random: Some(false),
            ..SensorSettings::default()
        };
        self.counterfit
            .change(|parts| parts.set_sensor(LIGHT_PORT, Scale::Integer, &settings))
    }

    fn hand(&self) -> MutexGuard<'_, ()> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Whatever has happened on the board: how it is now is what counts.
fn tell(feed: &Feed, name: &str, board: &Counterfit, around: &Around) {
    feed.update(|now| {
        let Some(view) = now.stadium.as_mut().and_then(|scene| scene.place(name)) else {
            return;
        };
        // Read here, so that of two changes at once the later one is told last.
        let parts = board.parts();
        let around = *around.lock();
        view.reads = parts.sees(LIGHT_PORT);
        view.light = around.or(view.reads);
        view.covered = around.is_some();
        view.led = parts.is_on(LED_PORT) == Some(true);
    });
}

/// Programs look for the LED's title in the page of a board. People are shown the way.
fn front(board: Arc<Counterfit>, name: &str, page: &str) -> Router {
    let words = format!(
        "<!doctype html><html lang=\"en\"><title>The board of {name}</title>\
         <h1>The board of {name}</h1>\
         <p>Its light, its lamp and all the others are on <a href=\"{page}\">the page of the \
         stadium</a>.</p>"
    );
    let answer = async move || {
        let leds = page::leds(&board);
        page::asset("text/html", format!("{words}<ul>{leds}</ul></html>"))
    };
    Router::new().route("/", get(answer))
}
