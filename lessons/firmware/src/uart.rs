//! The board's serial ports: CMSDK APB UARTs.

use crate::register::Register;

const IS_FULL: u32 = 1 << 0;
const HAS_BYTE: u32 = 1 << 1;

const SENDS: u32 = 1 << 0;
const RECEIVES: u32 = 1 << 1;
const INTERRUPTS_AT_BYTE: u32 = 1 << 3;

const BYTE_CAME: u32 = 1 << 1;

/// The clock's 25 MHz by this are 115,200 bits a second.
const DIVISOR: u32 = 217;

/// A serial port.
pub struct Uart {
    data: Register,
    state: Register,
    control: Register,
    interrupt: Register,
    divisor: Register,
}

impl Uart {
    /// The port at this address.
    ///
    /// # Safety
    /// A CMSDK APB UART has to be there.
    pub const unsafe fn at(base: usize) -> Self {
        // SAFETY: these are the registers that such a UART has, in the order of its manual.
        unsafe {
            Self {
                data: Register::at(base),
                state: Register::at(base + 0x04),
                control: Register::at(base + 0x08),
                interrupt: Register::at(base + 0x0c),
                divisor: Register::at(base + 0x10),
            }
        }
    }

    /// Begins to send.
    pub fn open_to_send(&self) {
        self.divisor.write(DIVISOR);
        self.control.write(SENDS);
    }

    /// Begins to send, and to interrupt at each byte that comes.
    pub fn open(&self) {
        self.divisor.write(DIVISOR);
        self.control.write(SENDS | RECEIVES | INTERRUPTS_AT_BYTE);
    }

    /// Sends it all, and waits for room where there is none.
    pub fn send(&self, bytes: &[u8]) {
        for &byte in bytes {
            while self.state.read() & IS_FULL != 0 {}
            self.data.write(byte.into());
        }
    }

    /// A byte that has come, if there is one. The interrupt is over when there is none.
    pub fn receive(&self) -> Option<u8> {
        self.interrupt.write(BYTE_CAME);
        let has_byte = self.state.read() & HAS_BYTE != 0;
        has_byte.then(|| self.data.read() as u8)
    }
}
