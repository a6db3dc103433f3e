//! Landlock: which paths, which TCP ports, and no signals or abstract sockets to the outside.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, NetPort, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, Scope, path_beneath_rules,
};

use crate::spec::Spec;

/// The newest rules this module was written for; older kernels enforce the part they know.
const NEWEST: ABI = ABI::V6;

/// Devices every program may read and write; none of them stores anything. `/dev/zero` would: mapped, it is memory that
/// no resident set shows.
pub(super) const DEVICES: [&str; 4] = ["/dev/null", "/dev/full", "/dev/random", "/dev/urandom"];

/// What Landlock holds on this machine.
pub(super) struct Held {
    /// Files are confined to the listed paths.
    pub(super) files: bool,
    /// What this kernel is too old for, one sentence each.
    pub(super) reduced: Vec<String>,
}

/// Confines this process and all it starts, for good.
pub(super) fn restrict(spec: &Spec, program: &Path) -> Result<Held, RulesetError> {
    let read = AccessFs::from_read(NEWEST);
    let devices = read | AccessFs::WriteFile | AccessFs::Truncate;
    let specials =
        AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::MakeSock | AccessFs::MakeFifo;
    let write: BitFlags<AccessFs> = AccessFs::from_all(NEWEST) & !(specials | AccessFs::IoctlDev);

    let programs = [program.to_owned()];
    let ports = spec
        .tcp_ports
        .iter()
        .map(|port| Ok::<_, RulesetError>(NetPort::new(*port, AccessNet::ConnectTcp)));
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(existing(&spec.read_only), read))?
        .add_rules(path_beneath_rules(&programs, read))?
        .add_rules(path_beneath_rules(DEVICES, devices))?
        .add_rules(path_beneath_rules(existing(&spec.writable), write))?
        .add_rules(ports)?
        .restrict_self()?;
    Ok(held(&status.landlock))
}

fn existing(paths: &[PathBuf]) -> impl Iterator<Item = &PathBuf> {
    paths.iter().filter(|path| path.exists())
}

fn held(status: &LandlockStatus) -> Held {
    let LandlockStatus::Available { effective_abi, .. } = status else {
        return Held {
            files: false,
            reduced: vec!["This kernel has no Landlock (it came with Linux 5.13).".into()],
        };
    };
    let reduced = [
        (
            ABI::V3,
            "Landlock here cannot stop cutting a file short (needs Linux 6.2).",
        ),
        (
            ABI::V4,
            "Landlock here knows no TCP ports (needs Linux 6.7).",
        ),
        (
            ABI::V6,
            "Landlock here does not stop signals to processes outside (needs Linux 6.12).",
        ),
    ]
    .into_iter()
    .filter(|(needed, _)| *effective_abi < *needed)
    .map(|(_, sentence)| sentence.to_owned())
    .collect();
    Held {
        files: true,
        reduced,
    }
}
