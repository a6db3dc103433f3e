//! The line to the board with sensor and LED: the second serial port.

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;
use heapless::Vec;

use crate::interrupt::Interrupt;
use crate::uart::Uart;

// SAFETY: AN386 has its second UART here.
static UART: Uart = unsafe { Uart::at(0x4000_5000) };

/// Room for bytes that have come and that nobody has read yet.
const ROOM: usize = 1024;

/// What has come.
static COME: Pipe<CriticalSectionRawMutex, ROOM> = Pipe::new();

/// The longest line. What is longer is cut.
pub const LONGEST: usize = 1024;

/// Opens it.
pub fn open() {
    UART.open();
    Interrupt::Byte.listen();
}

/// A byte has come.
pub fn interrupted() {
    while let Some(byte) = UART.receive() {
        // Nobody can make the other side wait: what there is no room for is lost.
        let _ = COME.try_write(&[byte]);
    }
}

/// Says a line to the board.
pub fn say(line: &[u8]) {
    UART.send(line);
    UART.send(b"\n");
}

/// The next line of the board, without its end.
pub async fn hear(line: &mut Vec<u8, LONGEST>) {
    line.clear();
    loop {
        let mut byte = [0];
        COME.read(&mut byte).await;
        match byte {
            [b'\n'] => return,
            [byte] => {
                let _ = line.push(byte);
            }
        }
    }
}
