//! The Grove Base Hat's analog-to-digital converter, over SMBus.
