//! A disk that is really full: where a check only takes the folder away, step 7's device meets the
//! system's own "no space left".

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use arena::broker::{Broker, BrokerChoice};
use arena::line::Plain;
use arena::record::Entry;
use checks::actor::{Actor, PROMPT};
use checks::call::Call;
use checks::compile::compile;
use checks::queries;
use checks::subject::Subject;
use course::{DEVICE, steps};
use tempfile::TempDir;

use super::root;

/// A disk of four pages, with three of them taken: the queue's file fits in, and a new one beside it
/// does not.
const MOUNT: &str = "mount -t tmpfs -o size=16k none";
const TAKEN: usize = 3 * 4096;

/// What takes the room.
const OTHER: &str = "other";

/// A program that starts another one on such a disk, which nobody else sees.
fn on_a_full_disk(program: &Path, folder: &TempDir) -> PathBuf {
    let script = format!(
        "#!/bin/sh\nexec unshare -Urm sh -c '{MOUNT} \"$NIGHTLIGHT_FOLDER\" \
         && head -c {TAKEN} /dev/zero > \"$NIGHTLIGHT_FOLDER/{OTHER}\" \
         && echo \"process $$\" && exec \"{}\"'\n",
        program.display()
    );
    let file = folder.path().join("on-a-full-disk");
    fs::write(&file, script).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    file
}

/// Not every system lets everybody mount something, even where nobody else sees it.
fn may_mount() -> bool {
    let folder = TempDir::new().unwrap();
    let mount = format!("{MOUNT} '{}'", folder.path().display());
    let mut unshare = Command::new("unshare");
    let tried = unshare.args(["-Urm", "sh", "-c", &mount]).output();
    tried.is_ok_and(|tried| tried.status.success())
}

#[tokio::test]
async fn a_device_on_a_full_disk_says_so_and_goes_on() {
    if !may_mount() {
        eprintln!("SKIPPED: this system lets nobody mount a disk");
        return;
    }
    let keeps = |step: &&course::Step| {
        let device = step.program(DEVICE);
        device.is_ok_and(|device| device.keeps_files && device.sensor)
    };
    let step = steps().iter().find(keeps).unwrap();
    let mut built = compile(&root(), &Subject::Solutions, step).await.unwrap();
    let place = TempDir::new().unwrap();
    for (id, program) in &mut built.programs {
        if *id == DEVICE {
            *program = on_a_full_disk(program, &place);
        }
    }
    let call = Call::new(step, &built, 0, &BrokerChoice::Embedded);
    let broker = Broker::start(&call.broker).await.unwrap();
    let program = step.program(DEVICE).unwrap();
    let link = std::sync::Arc::new(Plain);
    let actor = Actor::prepare(program, "Full-disk", &broker, link, &[500], 50).await;
    let actor = actor.unwrap();
    actor.start(&call).await.unwrap();
    let told = |entries: &[Entry]| {
        let mut errors = queries::errors(entries);
        errors
            .any(|line| line.contains("No space left"))
            .then_some(())
    };
    actor.drive(0, PROMPT, told).await.unwrap();
    for _ in 0..3 {
        actor.look().await.unwrap();
    }

    // There is room again.
    let back = actor.record.len();
    let process = actor.record.look(|entries| {
        let mut lines = queries::printed(entries);
        let number = lines.find_map(|(_, line)| line.strip_prefix("process "));
        number.unwrap().to_owned()
    });
    let inside = actor.folder().strip_prefix("/").unwrap().join(OTHER);
    let inside = Path::new("/proc").join(process).join("root").join(inside);
    fs::remove_file(inside).unwrap();
    let shown = |entries: &[Entry]| {
        let mut lines = queries::printed(entries);
        let shows = |line: &str| line.starts_with("Reading ");
        lines.any(|(_, line)| shows(line)).then_some(())
    };
    actor.drive(back, PROMPT, shown).await.unwrap();
    actor.leave().await;
}
