//! The server alone: an operator's orders in, states and tasks out, and what the broker has not
//! acknowledged.

pub(super) mod away;
mod desk;
pub(super) mod input;
pub(super) mod ledger;
pub(super) mod lives;
pub(super) mod typing;
pub(super) mod unacknowledged;
pub(super) mod unreadable;
pub(super) mod unwritten;
