//! Registers: places in memory behind which a device is.

/// A register of 32 bits.
#[derive(Clone, Copy)]
pub struct Register(*mut u32);

// SAFETY: it is an address and nothing more. On a single core each access is whole, and what order
// accesses have to have is for the driver that owns the device to see to.
unsafe impl Send for Register {}
// SAFETY: as above.
unsafe impl Sync for Register {}

impl Register {
    /// The register at this address.
    ///
    /// # Safety
    /// A device's register has to be there, and reading or writing it must not change memory that
    /// Rust knows of.
    pub const unsafe fn at(address: usize) -> Self {
        Self(address as *mut u32)
    }

    /// What the device says.
    pub fn read(self) -> u32 {
        // SAFETY: who made this register has promised that it is one. Volatile: it may say something
        // else each time.
        unsafe { self.0.read_volatile() }
    }

    /// Tells the device.
    pub fn write(self, value: u32) {
        // SAFETY: as in `read`. Volatile: it does something, even where nobody reads it.
        unsafe { self.0.write_volatile(value) }
    }
}
