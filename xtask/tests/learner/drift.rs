//! A starter in `lessons/` that is not what its solution makes of it.

use std::fs;

use course::starters::{self, Drift};
use tempfile::TempDir;

use super::root;

#[test]
fn drift_is_seen() {
    let folder = TempDir::new().unwrap();
    let starters = starters::generate(&root().join("solutions")).unwrap();
    starters::write(&starters, folder.path()).unwrap();
    assert_eq!(starters::drift(&starters, folder.path()).unwrap(), []);

    let [gone, changed] = [0, 1].map(|place| starters[place].file.clone());
    fs::write(folder.path().join(&changed), "fn main() {}\n").unwrap();
    fs::remove_file(folder.path().join(&gone)).unwrap();
    let drift = |file, what| Drift { file, what };
    assert_eq!(
        starters::drift(&starters, folder.path()).unwrap(),
        [drift(gone, "is missing"), drift(changed, "differs")]
    );
}
