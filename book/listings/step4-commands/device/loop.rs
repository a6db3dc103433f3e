/// Tells every five seconds how light it is. Whether that means LED on is not decided here.
fn send_light_levels(
    mut light_sensor: GroveLightSensor,
    mut delay: BoardDelay,
    telemetry: &Telemetry,
) {
    loop {
        match light_sensor.light_level() {
            Ok(light) => telemetry.send(light),
            Err(error) => eprintln!("{error}"),
        }
        delay.delay_ms(5_000);
    }
}
