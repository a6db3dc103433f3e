//! One way to run a program under observation.
//!
//! A program that wants to reach a broker and a board is given a [`Line`](line::Line) to a
//! [`Broker`](broker::Broker) and a [`VirtualBoard`](board::VirtualBoard), all on free loopback
//! ports. It runs as a [`Supervised`](process::Supervised) process. What crosses the line, what
//! happens on the board and what the process prints is kept, in order, in one
//! [`Record`](record::Record). Whoever judges the program waits for events in that record and
//! never for time to pass.

pub mod board;
pub mod broker;
pub mod clock;
mod door;
pub mod endpoint;
pub mod line;
pub mod loopback;
pub mod patience;
pub mod peer;
pub mod process;
pub mod record;
pub mod wire;
