if self.server_heard.elapsed() < self.alone_after {
    return Ok(());
}
self.led.set_state(PinState::from(light < DARK))
