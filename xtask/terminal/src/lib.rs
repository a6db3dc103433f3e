//! What every command of the kit has in common at the terminal: how it [speaks](say), how it
//! [ends](exit) and is [interrupted](interrupt), how [wide](width) its lines may be, and where it finds [the kit](workspace).

pub mod exit;
pub mod interrupt;
pub mod say;
pub mod width;
pub mod workspace;
