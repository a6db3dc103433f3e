//! What becomes of a panic: it is said, and the machine starts anew, as a nightlight should that
//! nobody looks after.

use core::panic::PanicInfo;

use cortex_m::peripheral::SCB;
use log::Level;

use crate::console;

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    cortex_m::interrupt::disable();
    console::line(format_args!("{} {info}", Level::Error));
    SCB::sys_reset()
}
