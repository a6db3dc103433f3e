//! All that hangs on the board.

pub mod lamp;
