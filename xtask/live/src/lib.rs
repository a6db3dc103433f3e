//! The nightlight to play with.
//!
//! A [`LiveBoard`] serves, on one port, CounterFit's HTTP API for the programs and a page for
//! people. A [`Stage`](stage::Stage) runs the programs around it: a broker, a recorded line for
//! each program, and the programs themselves. What happens goes to one [`Feed`](feed::Feed), and
//! from there to every open page.

pub mod board;
mod controls;
pub mod daylight;
mod entrance;
pub mod feed;
pub mod gate;
pub mod lab;
pub mod packet;
pub mod page;
pub mod stadium;
pub mod stage;
mod state;
mod waits;

pub use board::LiveBoard;
