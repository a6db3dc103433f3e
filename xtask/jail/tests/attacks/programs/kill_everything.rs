// Afterwards the grader must still be there, and the exit status must still be told.
unsafe extern "C" {
    fn kill(process: i32, signal: i32) -> i32;
}
pub fn attack(_: &str) -> bool {
    for signal in [2, 15, 9] {
        unsafe {
            kill(1, signal);
            kill(-1, signal);
        }
    }
    false
}
