/// What a reading's payload must have in it.
#[derive(Deserialize)]
struct Reading {
    light: u16,
}
