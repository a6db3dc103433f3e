struct Reading {
    light: u16,
    at: Instant,
}
