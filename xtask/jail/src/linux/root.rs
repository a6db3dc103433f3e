//! An empty root into which only the listed paths are bound.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::fcntl::{OFlag, open};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::Mode;
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{chdir, pivot_root};

use super::access::DEVICES;
use crate::spec::Spec;

/// Where the new root is put together; it hides what was there, for this process alone.
const STAGE: &str = "/tmp";

/// One path to bind.
struct Binding {
    /// Where the path really is, all links resolved.
    place: PathBuf,
    /// The path as the program will name it, when that is another one.
    alias: Option<PathBuf>,
    writable: bool,
    device: bool,
    /// Opened before the stage hides anything.
    source: OwnedFd,
}

/// Replaces the root of this process. It must have a mount namespace of its own.
pub(super) fn enter(spec: &Spec, program: &Path) -> io::Result<()> {
    let bindings = bindings(spec, program)?;
    let none = None::<&str>;
    // Nothing done here may travel back to the machine.
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(
        Some("tmpfs"),
        STAGE,
        Some("tmpfs"),
        flags,
        Some("mode=0755,size=1m"),
    )?;
    for binding in &bindings {
        bind(binding)?;
    }
    let processes = staged(Path::new("/proc"));
    fs::create_dir(&processes)?;
    // Shows this jail's processes only. rustc's linker finds itself through it.
    mount(
        Some("proc"),
        &processes,
        Some("proc"),
        flags | MsFlags::MS_NOEXEC,
        none,
    )?;
    chdir(STAGE)?;
    // The old root ends up mounted on top of the new one, and is then let go.
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    let read_only = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    mount(none, "/", none, read_only | flags, none)?;
    chdir("/")?;
    Ok(())
}

/// All that exists of the listed paths, outer folders first.
fn bindings(spec: &Spec, program: &Path) -> io::Result<Vec<Binding>> {
    let devices = DEVICES.iter().map(|path| (Path::new(path), true, true));
    let read_only = spec
        .read_only
        .iter()
        .map(|path| (path.as_path(), false, false));
    let writable = spec
        .writable
        .iter()
        .map(|path| (path.as_path(), true, false));
    let mut found = Vec::new();
    for (path, writable, device) in read_only
        .chain([(program, false, false)])
        .chain(writable)
        .chain(devices)
    {
        let Ok(place) = path.canonicalize() else {
            continue;
        };
        let source = open(&place, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())?;
        let alias = (place != path).then(|| path.to_owned());
        found.push(Binding {
            place,
            alias,
            writable,
            device,
            source,
        });
    }
    // A folder inside another must be bound after it, or it would be hidden.
    found.sort_by_key(|binding| binding.place.components().count());
    Ok(found)
}

fn bind(binding: &Binding) -> io::Result<()> {
    let source = format!("/proc/self/fd/{}", binding.source.as_raw_fd());
    let place = staged(&binding.place);
    prepare(&place, Path::new(&source).is_dir())?;
    let none = None::<&str>;
    mount(
        Some(source.as_str()),
        &place,
        none,
        MsFlags::MS_BIND | MsFlags::MS_REC,
        none,
    )?;
    let mut flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_NOSUID | kept(&place)?;
    if !binding.writable {
        flags |= MsFlags::MS_RDONLY;
    }
    if !binding.device {
        flags |= MsFlags::MS_NODEV;
    }
    mount(none, &place, none, flags, none)?;
    if let Some(alias) = &binding.alias {
        let alias = staged(alias);
        if let Some(folder) = alias.parent() {
            fs::create_dir_all(folder)?;
        }
        if alias.symlink_metadata().is_err() {
            std::os::unix::fs::symlink(&binding.place, &alias)?;
        }
    }
    Ok(())
}

/// Where a path will be while the new root is still below the stage.
fn staged(path: &Path) -> PathBuf {
    Path::new(STAGE).join(path.strip_prefix("/").unwrap_or(path))
}

/// Something to mount on, unless an outer binding already shows it.
fn prepare(place: &Path, folder: bool) -> io::Result<()> {
    if place.exists() {
        return Ok(());
    }
    if folder {
        return fs::create_dir_all(place);
    }
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::File::create(place).map(drop)
}

/// Flags that a user namespace may not take away from a mount it inherited.
fn kept(place: &Path) -> io::Result<MsFlags> {
    let has = statvfs(place)?.flags();
    let pairs = [
        (FsFlags::ST_RDONLY, MsFlags::MS_RDONLY),
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ];
    Ok(pairs
        .into_iter()
        .filter(|(flag, _)| has.contains(*flag))
        .map(|(_, flag)| flag)
        .collect())
}
