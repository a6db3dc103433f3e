//! The board's network card, a LAN9118, as embassy-net wants one.
//!
//! Numbers are those of its data sheet (Microchip DS00002266).

use core::task::Context;

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::waitqueue::AtomicWaker;

use crate::interrupt::Interrupt;
use crate::register::Register;

const BASE: usize = 0x4020_0000;

/// One of its registers, of which AN386 has all 256 bytes.
const fn register(offset: u8) -> Register {
    // SAFETY: AN386 has its network card here.
    unsafe { Register::at(BASE + offset as usize) }
}

static RX_DATA: Register = register(0x00);
static TX_DATA: Register = register(0x20);
static RX_STATUS: Register = register(0x40);
static TX_STATUS: Register = register(0x48);
static IRQ_CFG: Register = register(0x54);
static INT_STS: Register = register(0x58);
static INT_EN: Register = register(0x5c);
static FIFO_INT: Register = register(0x68);
static TX_CFG: Register = register(0x70);
static HW_CFG: Register = register(0x74);
static RX_FIFO_INF: Register = register(0x7c);
static TX_FIFO_INF: Register = register(0x80);
static MAC_CSR_CMD: Register = register(0xa4);
static MAC_CSR_DATA: Register = register(0xa8);

/// The interrupt's pin works, as a push-pull output that is high when there is one.
const IRQ_ON: u32 = (1 << 8) | (1 << 4) | (1 << 0);
/// A frame has come.
const FRAME: u32 = 1 << 3;
/// Frames of any length are sent whole, and 5 KiB of the card's memory are for them.
const STORE_AND_FORWARD: u32 = (1 << 20) | (5 << 16);
const TX_ON: u32 = 1 << 1;

/// Registers behind the two of the card's "MAC".
const MAC_CR: u32 = 1;
const MAC_ADDRH: u32 = 2;
const MAC_ADDRL: u32 = 3;
const MAC_BUSY: u32 = 1 << 31;
/// It sends and receives.
const MAC_ON: u32 = (1 << 3) | (1 << 2);

/// The first and the last piece of a frame at once.
const WHOLE: u32 = (1 << 13) | (1 << 12);

/// A frame without its checksum, in bytes.
const FRAME_SIZE: usize = 1514;
/// Of its checksum, which the card counts but nobody wants.
const CHECKSUM: usize = 4;
/// Room for a frame in whole words.
const ROOM: usize = 1520;

/// Locally administered, and as good as any where nobody else is in the network.
const ADDRESS: [u8; 6] = [0x02, 0x00, 0x00, 0x4e, 0x4c, 0x01];

/// Who is woken when a frame has come.
static READER: AtomicWaker = AtomicWaker::new();

/// Listens to its interrupts. They come once it is started.
pub fn listen() {
    Interrupt::Network.listen();
}

/// It has something to say. It says so until somebody has read all frames, so it is to be quiet until
/// then.
pub fn interrupted() {
    INT_EN.write(0);
    READER.wake();
}

/// The network card.
pub struct Lan9118(());

impl Lan9118 {
    /// Starts it.
    pub fn start() -> Self {
        HW_CFG.write(STORE_AND_FORWARD);
        FIFO_INT.write(0);
        INT_STS.write(u32::MAX);
        IRQ_CFG.write(IRQ_ON);
        TX_CFG.write(TX_ON);
        let [a, b, c, d, e, f] = ADDRESS;
        mac(MAC_ADDRL, u32::from_le_bytes([a, b, c, d]));
        mac(MAC_ADDRH, u32::from_le_bytes([e, f, 0, 0]));
        mac(MAC_CR, MAC_ON);
        Self(())
    }
}

fn mac(register: u32, value: u32) {
    MAC_CSR_DATA.write(value);
    MAC_CSR_CMD.write(MAC_BUSY | register);
    while MAC_CSR_CMD.read() & MAC_BUSY != 0 {}
}

fn frames_come() -> u32 {
    (RX_FIFO_INF.read() >> 16) & 0xff
}

impl Driver for Lan9118 {
    type RxToken<'a> = Received;
    type TxToken<'a> = Room;

    fn receive(&mut self, context: &mut Context) -> Option<(Received, Room)> {
        READER.register(context.waker());
        INT_STS.write(FRAME);
        if frames_come() > 0 {
            return Some((Received, Room));
        }
        INT_EN.write(FRAME);
        None
    }

    fn transmit(&mut self, context: &mut Context) -> Option<Room> {
        let free = TX_FIFO_INF.read() & 0xffff;
        if free as usize > ROOM + 2 * size_of::<u32>() {
            return Some(Room);
        }
        // It sends at once: soon there is room again.
        context.waker().wake_by_ref();
        None
    }

    fn link_state(&mut self, _: &mut Context) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = FRAME_SIZE;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(ADDRESS)
    }
}

/// A frame that has come.
pub struct Received;

impl RxToken for Received {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, read: F) -> R {
        let length = (RX_STATUS.read() >> 16) as usize & 0x3fff;
        let mut frame = [0; ROOM];
        let mut words = frame.chunks_exact_mut(size_of::<u32>());
        for _ in 0..length.div_ceil(size_of::<u32>()) {
            let word = RX_DATA.read();
            // What is longer than any frame is read all the same: the next one is behind it.
            if let Some(place) = words.next() {
                place.copy_from_slice(&word.to_le_bytes());
            }
        }
        let length = length.saturating_sub(CHECKSUM).min(ROOM);
        read(&mut frame[..length])
    }
}

/// Room for a frame to send.
pub struct Room;

impl TxToken for Room {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = [0; ROOM];
        let length = length.min(ROOM);
        let written = write(&mut frame[..length]);
        // How earlier ones fared: unread, it would fill the card.
        while (TX_FIFO_INF.read() >> 16) & 0xff > 0 {
            TX_STATUS.read();
        }
        TX_DATA.write(WHOLE | length as u32);
        TX_DATA.write(length as u32);
        let words = frame[..length.next_multiple_of(size_of::<u32>())].chunks_exact(4);
        for word in words {
            TX_DATA.write(u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        }
        written
    }
}
