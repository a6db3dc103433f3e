//! What the nightlight says to people: the lines of the crate `log` on the first serial port.
//!
//! Each begins with its level, so that whoever reads along can tell a complaint from news.

use core::fmt::{self, Write};

use log::{LevelFilter, Log, Metadata, Record};

use crate::uart::Uart;

// SAFETY: AN386 has its first UART here.
static UART: Uart = unsafe { Uart::at(0x4000_4000) };

struct Console;

impl Log for Console {
    fn enabled(&self, _: &Metadata) -> bool {
        true
    }

    fn log(&self, record: &Record) {
        line(format_args!("{} {}", record.level(), record.args()));
    }

    fn flush(&self) {}
}

struct Port;

impl Write for Port {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        UART.send(text.as_bytes());
        Ok(())
    }
}

/// Opens the console.
pub fn open() {
    UART.open_to_send();
    // Nobody else sets a logger.
    let _ = log::set_logger(&Console);
    log::set_max_level(LevelFilter::Info);
}

/// Says a line.
pub fn line(line: fmt::Arguments) {
    // A serial port takes everything.
    let _ = writeln!(Port, "{line}");
}
