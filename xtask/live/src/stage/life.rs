//! Whether a program runs, as far as has been told.

use tokio::sync::watch;

/// Shared by who starts and ends a program, and by who tells of it.
#[derive(Debug)]
pub(super) struct Life(watch::Sender<Stage>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Running,
    /// It is being ended as a power cut does.
    CutShort,
    /// Its end has been told.
    Over,
}

impl Default for Life {
    fn default() -> Self {
        Self(watch::Sender::new(Stage::Running))
    }
}

impl Life {
    /// It is started again, if it was over.
    pub(super) fn begin(&self) -> bool {
        self.go(Stage::Over, Stage::Running)
    }

    /// It is about to be killed, if it runs.
    pub(super) fn cut_short(&self) -> bool {
        self.go(Stage::Running, Stage::CutShort)
    }

    /// Its end is told. Returns whether it was killed on purpose.
    pub(super) fn end(&self) -> bool {
        self.0.send_replace(Stage::Over) == Stage::CutShort
    }

    /// Whether its end has not yet been told.
    pub(super) fn is_on(&self) -> bool {
        *self.0.borrow() != Stage::Over
    }

    /// Waits until its end has been told.
    pub(super) async fn over(&self) {
        // The sender is a field of this very value, so the wait has no other end.
        let _ = self.0.subscribe().wait_for(|at| *at == Stage::Over).await;
    }

    fn go(&self, from: Stage, to: Stage) -> bool {
        self.0.send_if_modified(|at| {
            let goes = *at == from;
            if goes {
                *at = to;
            }
            goes
        })
    }
}
