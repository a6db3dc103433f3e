/// LED on in the dark, off otherwise.
fn look_and_decide(board: &mut Board) -> Result<(), BoardError> {
    let light = board.light_sensor.light_level()?;
    println!("Light level: {light}");
    board.led.set_state(PinState::from(light < DARK))
}
