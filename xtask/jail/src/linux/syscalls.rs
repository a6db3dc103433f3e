//! seccomp: system calls that no lesson needs and that lead around the other layers.

use std::collections::BTreeMap;
use std::env::consts::ARCH;

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter, sock_filter,
};

/// Reach into another process, or trace it.
const OTHER_PROCESSES: [libc::c_long; 7] = [
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_process_madvise,
    libc::SYS_perf_event_open,
];

/// Change who may use a file and when it was changed: Landlock does not govern these.
const FILE_ATTRIBUTES: [libc::c_long; 11] = [
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchmodat2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
];

/// The same under the names that only the oldest architectures still have.
#[cfg(target_arch = "x86_64")]
const OLD_NAMES: [libc::c_long; 9] = [
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
    libc::SYS_uselib,
    libc::SYS_iopl,
    libc::SYS_ioperm,
];
#[cfg(not(target_arch = "x86_64"))]
const OLD_NAMES: [libc::c_long; 0] = [];

/// Rearrange the machine, or open a way into the kernel that lessons do not need.
const THE_MACHINE: [libc::c_long; 37] = [
    libc::SYS_fremovexattr,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    // Its requests are carried out by the kernel, past every filter on system calls.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_syslog,
    libc::SYS_fanotify_init,
];

/// Memory that no process's resident set shows: System V and POSIX segments, files without a place, and pages lent to a
/// pipe.
const HIDDEN_MEMORY: [libc::c_long; 7] = [
    libc::SYS_vmsplice,
    libc::SYS_shmget,
    libc::SYS_semget,
    libc::SYS_msgget,
    libc::SYS_mq_open,
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
];

/// What sets up a filter could not do.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilterError {
    /// The filter could not be built: an unknown architecture, say.
    #[error("cannot build the system call filter: {0}")]
    Build(#[from] seccompiler::BackendError),
    /// The kernel refused it.
    #[error("the kernel refuses a system call filter: {0}")]
    Apply(#[from] seccompiler::Error),
}

/// Filters this process and all it starts, for good. A refused call fails with EPERM.
pub(super) fn restrict() -> Result<(), FilterError> {
    let arch = ARCH.try_into()?;
    let refuse = SeccompFilter::new(refused()?, SeccompAction::Allow, errno(libc::EPERM), arch)?;
    // glibc and Rust's library fall back to clone, whose flags a filter can read, when clone3 is missing.
    let missing = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let missing = SeccompFilter::new(missing, SeccompAction::Allow, errno(libc::ENOSYS), arch)?;
    apply_filter(&BpfProgram::try_from(refuse)?)?;
    apply_filter(&BpfProgram::try_from(missing)?)?;
    apply_filter(&known_numbers_only())?;
    Ok(())
}

fn errno(number: i32) -> SeccompAction {
    SeccompAction::Errno(number.unsigned_abs())
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn refused() -> Result<Rules, seccompiler::BackendError> {
    let always = OTHER_PROCESSES
        .iter()
        .chain(&FILE_ATTRIBUTES)
        .chain(&OLD_NAMES)
        .chain(&THE_MACHINE)
        .chain(&HIDDEN_MEMORY);
    let mut rules: Rules = always.map(|number| (*number, Vec::new())).collect();

    rules.insert(libc::SYS_socket, refused_sockets()?);
    // Within a process and its children only, which is what tokio wakes itself with.
    let pair = vec![SeccompRule::new(vec![differs(0, libc::AF_UNIX)?])?];
    rules.insert(libc::SYS_socketpair, pair);
    // Fast open connects without the connect that Landlock looks at.
    for (number, flags) in [
        (libc::SYS_sendto, 3),
        (libc::SYS_sendmsg, 2),
        (libc::SYS_sendmmsg, 3),
    ] {
        let fast_open = libc::MSG_FASTOPEN.unsigned_abs().into();
        rules.insert(
            number,
            vec![SeccompRule::new(vec![has(flags, fast_open)?])?],
        );
    }
    // Shared memory of no file stays when it is let go of, and is in nobody's resident set then.
    let shared = vec![
        has(3, libc::MAP_SHARED.unsigned_abs().into())?,
        has(3, libc::MAP_ANONYMOUS.unsigned_abs().into())?,
    ];
    rules.insert(libc::SYS_mmap, vec![SeccompRule::new(shared)?]);
    // TIOCSTI types into the instructor's terminal.
    let types = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, libc::TIOCSTI)?;
    rules.insert(libc::SYS_ioctl, vec![SeccompRule::new(vec![types])?]);
    // A namespace of one's own brings back what was given up.
    let namespaces = [
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWNS,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWNET,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWCGROUP,
    ];
    let clone = namespaces.map(|flag| SeccompRule::new(vec![has(0, flag.unsigned_abs().into())?]));
    rules.insert(
        libc::SYS_clone,
        clone.into_iter().collect::<Result<_, _>>()?,
    );
    Ok(rules)
}

/// Everything but TCP over IPv4 and IPv6: no UDP, no Unix sockets, no netlink, no MPTCP.
fn refused_sockets() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    // The kernel keeps the kind in the low four bits, below SOCK_NONBLOCK and SOCK_CLOEXEC.
    let mut rules = vec![SeccompRule::new(vec![
        differs(0, libc::AF_INET)?,
        differs(0, libc::AF_INET6)?,
    ])?];
    // SOCK_STREAM is 1: refuse every kind with another bit set, and 0.
    for bit in [2, 4, 8] {
        rules.push(SeccompRule::new(vec![has(1, bit)?])?);
    }
    let stream = SeccompCmpOp::MaskedEq(1);
    rules.push(SeccompRule::new(vec![SeccompCondition::new(
        1,
        SeccompCmpArgLen::Dword,
        stream,
        0,
    )?])?);
    rules.push(SeccompRule::new(vec![
        differs(2, 0)?,
        differs(2, libc::IPPROTO_TCP)?,
    ])?);
    Ok(rules)
}

fn differs(argument: u8, value: i32) -> Result<SeccompCondition, seccompiler::BackendError> {
    let value = value.unsigned_abs().into();
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value)
}

/// Holds when the argument has this one bit.
fn has(argument: u8, bit: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(
        argument,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::MaskedEq(bit),
        bit,
    )
}

/// A list of refused calls forgets what comes after it: newer calls, and on x86-64 the second set of numbers
/// of the x32 interface (from 2^30). Both are told to be missing.
fn known_numbers_only() -> BpfProgram {
    let newest = libc::SYS_mseal.unsigned_abs();
    let newest = u32::try_from(newest).unwrap_or(u32::MAX);
    let instruction = |code: u32, if_true, if_false, k| sock_filter {
        code: u16::try_from(code).unwrap_or_default(),
        jt: if_true,
        jf: if_false,
        k,
    };
    vec![
        // The number is the first field of `struct seccomp_data`.
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        instruction(libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K, 0, 1, newest),
        instruction(
            libc::BPF_RET | libc::BPF_K,
            0,
            0,
            libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs(),
        ),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}
