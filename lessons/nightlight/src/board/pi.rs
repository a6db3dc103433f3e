//! The Raspberry Pi's own parts.

use super::{Board, BoardError};

pub(super) fn open() -> Result<Board, BoardError> {
    Err(BoardError::BuiltWithoutPi)
}
