//! The progress bar of a batch, on one line of the terminal.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use terminal::say;

/// The bar's width, in characters.
const WIDTH: usize = 30;

/// A line that is written over and over; nothing where standard error is no terminal.
#[derive(Debug)]
pub struct Progress {
    done: usize,
    all: usize,
    begin: Instant,
    shown: bool,
}

impl Progress {
    /// A bar for `all` checks.
    pub fn new(all: usize) -> Self {
        let progress = Self {
            done: 0,
            all,
            begin: Instant::now(),
            shown: std::io::stderr().is_terminal(),
        };
        progress.show();
        progress
    }

    /// Counts one more check as done.
    pub fn step(&mut self) {
        self.done += 1;
        self.show();
    }

    /// Says something above the bar.
    ///
    /// # Errors
    /// When standard output is gone.
    pub fn say(&self, words: &str) -> anyhow::Result<()> {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
        say::out(words)?;
        self.show();
        Ok(())
    }

    fn show(&self) {
        if self.shown {
            let words = line(self.done, self.all, self.begin.elapsed());
            // With standard error gone there is nobody left to tell.
            let _ = write!(std::io::stderr(), "\r\x1b[2K{words}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}

fn line(done: usize, all: usize, elapsed: Duration) -> String {
    let filled = (WIDTH * done).checked_div(all).unwrap_or(WIDTH);
    let bar: String = (0..WIDTH)
        .map(|at| if at < filled { '#' } else { '.' })
        .collect();
    let left = match u32::try_from(done) {
        Ok(done @ 1..) => {
            let each = elapsed / done;
            let open = u32::try_from(all).unwrap_or(u32::MAX).saturating_sub(done);
            format!(", about {} left", rounded(each.saturating_mul(open)))
        }
        _ => String::new(),
    };
    format!("[{bar}] {done} of {all} checked{left}")
}

fn rounded(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..90 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, line};

    #[test]
    fn a_line_tells_the_time_left() {
        let half = line(20, 40, Duration::from_secs(100));
        assert!(
            half.contains("20 of 40 checked, about 2 min left"),
            "{half}"
        );
        assert_eq!(half.matches('#').count(), half.matches('.').count());
        assert!(line(0, 40, Duration::ZERO).ends_with("0 of 40 checked"));
        assert!(line(0, 0, Duration::ZERO).contains("0 of 0"));
    }
}
