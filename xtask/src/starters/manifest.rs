//! A starter's `Cargo.toml` out of a solution's.

/// The same manifest under the learner's names: the solution's end in `-solution`.
pub fn starter(manifest: &str) -> String {
    manifest.replace("-solution\"", "\"")
}
