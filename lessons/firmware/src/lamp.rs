//! The LED on the board itself: the first of the two at AN386's FPGA.

use crate::register::Register;

// SAFETY: AN386 has the register of its LEDs here.
static LEDS: Register = unsafe { Register::at(0x4002_8000) };

const FIRST: u32 = 1 << 0;

/// Switches it.
pub fn switch(on: bool) {
    LEDS.write(if on { FIRST } else { 0 });
}
