//! Interrupts of devices. Who would give each a function of its own is a crate for one certain chip;
//! there is none for this board, so all come to one handler with their number.

use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;
use cortex_m_rt::exception;

use crate::{lan9118, serial};

/// One that we listen to, with its number on AN386.
#[derive(Clone, Copy)]
pub enum Interrupt {
    /// A byte has come on the second serial port.
    Byte = 2,
    /// The network card has something to say.
    Network = 13,
}

// SAFETY: AN386 has these numbers, and each is that of one device alone.
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        self as u16
    }
}

impl Interrupt {
    /// Listens to it from now on.
    pub fn listen(self) {
        // SAFETY: nowhere do we keep an interrupt away by masking it alone.
        unsafe { NVIC::unmask(self) };
    }
}

const BYTE: i16 = Interrupt::Byte as i16;
const NETWORK: i16 = Interrupt::Network as i16;

// SAFETY: an exception's handler can come between any two instructions. These two touch a device that
// nobody else reads, and pass on what it says by way of what has a lock of its own.
#[exception]
unsafe fn DefaultHandler(number: i16) {
    match number {
        BYTE => serial::interrupted(),
        NETWORK => lan9118::interrupted(),
        _ => {}
    }
}
