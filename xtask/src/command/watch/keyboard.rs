//! Keys, and a terminal that passes them on one by one.

use std::io::{self, IsTerminal, Read};
use std::sync::Arc;
use std::thread;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal as screen;
use tokio::sync::Notify;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use terminal::say::{self, FAINT, paint};

/// What the learner wants to see.
#[derive(Clone, Copy, Debug)]
pub enum Wish {
    /// The next hint.
    Hint,
    /// The difference from the solution.
    Diff,
    /// The whole transcript.
    Verbose,
    /// The next step.
    Next,
}

/// Where keys arrive.
#[derive(Debug)]
pub struct Keys {
    /// What is wanted, in order.
    pub wishes: UnboundedReceiver<Wish>,
    /// Notified when the learner wants to quit.
    pub quit: Arc<Notify>,
}

/// Single keys where there is a terminal. Dropped, the terminal is the shell's again.
#[derive(Debug)]
pub struct Keyboard {
    raw: bool,
}

impl Keyboard {
    /// Listens from now on.
    pub fn open() -> (Self, Keys) {
        let typed = io::stdin().is_terminal();
        let terminal = typed && io::stdout().is_terminal();
        let raw = terminal && screen::enable_raw_mode().is_ok();
        let (sender, wishes) = mpsc::unbounded_channel();
        let quit = Arc::new(Notify::new());
        let hand = Hand {
            wishes: sender,
            quit: Arc::clone(&quit),
        };
        // Reading keys blocks, and nothing wakes it but a key: a thread that ends with the program.
        if raw {
            thread::spawn(move || {
                while let Ok(event) = crossterm::event::read() {
                    hand.take(&event);
                }
            });
        } else if !typed {
            // Another program may hold the other end of a pipe. A terminal is left alone: it would
            // stop a watch in the background that reads from it.
            thread::spawn(move || {
                for byte in io::stdin().lock().bytes().map_while(Result::ok) {
                    let key = KeyCode::Char(char::from(byte));
                    hand.take(&Event::Key(KeyEvent::new(key, KeyModifiers::NONE)));
                }
            });
        }
        (Self { raw }, Keys { wishes, quit })
    }

    /// What can be done now, by which keys.
    pub fn legend(&self, keys: &str) -> String {
        let keys = if self.raw { keys } else { "" };
        let text = format!("waiting for you to save   {keys}");
        format!("\n{}\n", paint(FAINT, text.trim_end()))
    }

    /// Prints. In raw mode a line end does not go back to the left.
    ///
    /// # Errors
    /// When standard output fails.
    pub fn say(&self, text: &str) -> io::Result<()> {
        if self.raw {
            say::out(&text.replace('\n', "\r\n"))
        } else {
            say::out(text)
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if self.raw {
            // There is nothing to do if the terminal is gone.
            let _ = screen::disable_raw_mode();
        }
    }
}

/// Passes on what the keys mean.
struct Hand {
    wishes: UnboundedSender<Wish>,
    quit: Arc<Notify>,
}

impl Hand {
    fn take(&self, event: &Event) {
        let Event::Key(key) = event else { return };
        if key.kind == KeyEventKind::Release {
            return;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let wish = match key.code {
            KeyCode::Char('c') if control => return self.quit.notify_one(),
            KeyCode::Char('q') | KeyCode::Esc => return self.quit.notify_one(),
            KeyCode::Char('h') => Wish::Hint,
            KeyCode::Char('d') => Wish::Diff,
            KeyCode::Char('v') => Wish::Verbose,
            KeyCode::Char('n') => Wish::Next,
            _ => return,
        };
        // Nobody is there any more when the watch is over.
        let _ = self.wishes.send(wish);
    }
}
