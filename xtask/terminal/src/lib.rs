//! What every command of the kit has in common at the terminal: how it [speaks](say), how it
//! [ends](exit) and is [interrupted](interrupt), and where it finds [the kit](workspace).

pub mod exit;
pub mod interrupt;
pub mod say;
pub mod workspace;
