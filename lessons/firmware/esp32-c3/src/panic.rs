//! What becomes of a panic: it is said, and the chip starts anew, as a nightlight should that nobody
//! looks after.

use core::panic::PanicInfo;

use esp_hal::system::software_reset;
use log::error;

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    error!("{info}");
    software_reset()
}
