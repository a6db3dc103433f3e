//! What is told.

use serde::Serialize;

#[derive(Serialize)]
pub struct Reading {
    light: u16,
    unit: &'static str,
}

impl Reading {
    pub fn new(light: u16) -> Self {
        Self { light, unit: "raw" }
    }
}
