//! A small fleet, on the broker that needs nothing installed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::process::Command;

#[test]
fn every_reading_of_a_small_fleet_is_answered() {
    let output = Command::new(env!("CARGO_BIN_EXE_fleet"))
        .args(["--broker", "embedded", "--messages", "500"])
        // Five seconds are one reading each.
        .args(["--devices", "30", "--seconds", "5"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{output:?}");
    assert!(said.contains("embedded, recorded"), "{said}");
    assert!(said.contains("30 of 30 readings answered"), "{said}");
}
