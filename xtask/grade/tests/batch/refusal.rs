//! Where nothing can be contained, nothing is run, unless the instructor says so.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

use crate::class::{Class, step1, told};

/// A kernel that offers neither namespaces nor Landlock, as in many a container.
#[expect(
    unsafe_code,
    reason = "a filter can only be put on between fork and exec"
)]
fn on_a_bare_kernel(command: &mut Command) -> &mut Command {
    let namespaces = [
        libc::CLONE_NEWNS,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWNET,
        libc::CLONE_NEWUSER,
    ];
    let with = |flag: i32| {
        let flag = u64::from(flag.unsigned_abs());
        let has = SeccompCmpOp::MaskedEq(flag);
        let condition = SeccompCondition::new(0, SeccompCmpArgLen::Dword, has, flag).unwrap();
        SeccompRule::new(vec![condition]).unwrap()
    };
    let rules = [
        (libc::SYS_clone, namespaces.map(with).into()),
        (libc::SYS_landlock_create_ruleset, Vec::new()),
    ];
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let arch = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(rules.into(), SeccompAction::Allow, refused, arch).unwrap();
    let filter = BpfProgram::try_from(filter).unwrap();
    // SAFETY: the closure makes two system calls and touches no memory but the filter's.
    unsafe { command.pre_exec(move || apply_filter(&filter).map_err(io::Error::other)) }
}

#[test]
fn without_a_sandbox_nothing_is_run_unless_it_is_trusted() {
    let class = Class::new();
    let evidence = class.path("evidence");
    let source = format!("fn main() {{ std::fs::write({evidence:?}, \"x\").unwrap(); }}");
    class.folder("ada", &step1(&source));

    let (status, said) = told(on_a_bare_kernel(&mut class.command(&[])));
    assert_eq!(status, 2, "{said}");
    for words in ["no sandbox", "Landlock", "--trust-submissions"] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!evidence.exists() && !class.out().exists());

    let (status, said) = told(on_a_bare_kernel(
        &mut class.command(&["--trust-submissions"]),
    ));
    assert_eq!(status, 0, "{said}");
    assert!(evidence.exists(), "it was not run");
    assert!(said.contains("WITHOUT A SANDBOX"), "{said}");
    let reports = [
        class.page_of("ada"),
        class.result("overview.html"),
        class.result("results.json"),
    ];
    for report in reports {
        assert!(report.contains("WITHOUT A SANDBOX"), "{report}");
    }

    // Trust alone takes no sandbox away where there is one.
    fs::remove_file(&evidence).unwrap();
    fs::remove_dir_all(class.out()).unwrap();
    let (status, said) = class.grade(&["--trust-submissions"]);
    assert_eq!(status, 0, "{said}");
    assert!(!evidence.exists(), "it was run outside the jail");
}
