use nightlight::{Board, LightSensor, Settings};

fn main() {
    let mut board = Board::open(&Settings::load().unwrap()).unwrap();
    loop {
        let _ = board.light_sensor.light_level();
    }
}
