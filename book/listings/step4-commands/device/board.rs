// The sensor goes to its own thread; the LED stays here, where the commands arrive.
let Board {
    light_sensor,
    mut led,
    delay,
} = Board::open(&settings)?;
// Puts the LED out when `main` ends, however that comes.
let _guard = led.guard();
