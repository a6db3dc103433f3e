//! What the probe says about this machine.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use jail::Wrapper;

#[test]
fn every_attack_of_the_probe_is_told_in_words() {
    let scratch = tempfile::tempdir().expect("a folder");
    // The jail's user enters it when this one is root.
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(scratch.path(), open).expect("it is ours");
    let wrapper = Wrapper::at(env!("CARGO_BIN_EXE_jail"));
    let probe = jail::probe(&wrapper, scratch.path()).expect("the probe runs");
    for finding in &probe.findings {
        println!("{finding:?}");
    }
    println!("{:?}", probe.notes);
    assert!(probe.sandbox, "no jail here: {:?}", probe.notes);
    assert_eq!(probe.findings.len(), 14);
    let open = probe
        .findings
        .iter()
        .filter(|finding| !finding.contained)
        .count();
    assert_eq!(probe.reduced().count(), open + probe.notes.len());
    // What Landlock, seccomp and limits hold on every Linux that can have a jail.
    for finding in &probe.findings[..3] {
        assert!(finding.contained, "{finding:?}");
    }
}
