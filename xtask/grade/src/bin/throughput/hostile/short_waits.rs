use embedded_hal::delay::DelayNs;
use nightlight::{Board, Settings};

fn main() {
    let mut board = Board::open(&Settings::load().unwrap()).unwrap();
    loop {
        board.delay.delay_ms(1);
    }
}
