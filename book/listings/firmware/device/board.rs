// The sensor goes to a task of its own; the LED stays here, where the commands arrive.
let Board {
    light_sensor,
    mut led,
    delay,
} = Board::open();
machine::start(spawner, send_light_levels(light_sensor, delay));
