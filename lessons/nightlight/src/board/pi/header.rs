//! What the Raspberry Pi's 40-pin header offers, through the crate `rppal`.

use embedded_hal::digital::{ErrorType, OutputPin, PinState};
use rppal::gpio::{self, Gpio};
use rppal::i2c::{self, I2c};

use super::grove_hat::{GroveHat, SmBus};
use crate::board::{Board, BoardDelay, BoardError, GroveLed, GroveLightSensor};

/// Grove's digital socket D5 (BCM numbering).
const LED_PIN: u8 = 5;

/// The I2C bus on pins 3 and 5 of the header.
const I2C_BUS: u8 = 1;

/// Opens the LED, which starts off, and the hat.
pub(in crate::board) fn open() -> Result<Board, BoardError> {
    let led = Gpio::new()
        .and_then(|gpio| gpio.get(LED_PIN))
        .map_err(gpio_error)?;
    let led = led.into_output_low();
    let bus = I2c::with_bus(I2C_BUS).map_err(i2c_error)?;
    let hat = GroveHat::find(bus)?;
    Ok(Board {
        light_sensor: GroveLightSensor(Box::new(hat)),
        led: GroveLed::on(HeaderLed(led)),
        delay: BoardDelay::real(),
    })
}

fn gpio_error(error: gpio::Error) -> BoardError {
    use std::io::ErrorKind;

    const GROUP: &str =
        "Add yourself to the group gpio with `sudo usermod -aG gpio $USER`, then log in again.";
    let part = "the Raspberry Pi's GPIO pin 5";
    let reason = error.to_string();
    let advice = match error {
        gpio::Error::UnknownModel => return BoardError::NotAPi { reason },
        gpio::Error::PermissionDenied(_) => GROUP,
        // So says a Pi 5, where the file is another one.
        gpio::Error::Io(error) if error.kind() == ErrorKind::PermissionDenied => GROUP,
        gpio::Error::PinUsed(_) => {
            "Open the board once, and hand its parts to where they are used."
        }
        _ => "Check that this is a Raspberry Pi OS, and that no other program uses the pin.",
    };
    BoardError::Pi {
        part,
        reason,
        advice,
    }
}

fn i2c_error(error: i2c::Error) -> BoardError {
    use std::io::ErrorKind;

    let part = "the Raspberry Pi's I2C bus 1";
    let reason = error.to_string();
    let advice = match error {
        i2c::Error::Io(error) if error.kind() == ErrorKind::PermissionDenied => {
            "Add yourself to the group i2c with `sudo usermod -aG i2c $USER`, then log in again."
        }
        _ => "Switch I2C on with `sudo raspi-config nonint do_i2c 0`, and try again.",
    };
    BoardError::Pi {
        part,
        reason,
        advice,
    }
}

impl SmBus for I2c {
    type Error = i2c::Error;

    fn smbus_send_byte(&mut self, address: u8, byte: u8) -> Result<(), i2c::Error> {
        self.set_slave_address(address.into())?;
        I2c::smbus_send_byte(self, byte)
    }

    fn smbus_read_word(&mut self, address: u8, command: u8) -> Result<u16, i2c::Error> {
        self.set_slave_address(address.into())?;
        I2c::smbus_read_word(self, command)
    }
}

/// An LED on a pin of the header. The pin is reset when it is dropped, and the LED goes out.
struct HeaderLed(gpio::OutputPin);

impl ErrorType for HeaderLed {
    type Error = BoardError;
}

impl OutputPin for HeaderLed {
    fn set_low(&mut self) -> Result<(), BoardError> {
        self.0.set_low();
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), BoardError> {
        self.0.set_high();
        Ok(())
    }

    fn set_state(&mut self, state: PinState) -> Result<(), BoardError> {
        self.0.write(bool::from(state).into());
        Ok(())
    }
}
