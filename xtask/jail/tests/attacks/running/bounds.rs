//! More than its share: of processes, memory, time, disk and output.

use std::os::fd::AsRawFd;
use std::process::Stdio;

use jail::{Bound, Ending, Report, Spec};

use super::{as_it_is, stopped, with_folder};
use crate::scene::{MACHINES, Machine, Scene, program};

#[test]
fn processes_are_bounded() {
    let scene = Scene::new();
    let few = |spec: &mut Spec| {
        spec.limits.processes = 24;
    };
    let too_many = [Ending::Limit(Bound::Processes)];
    stopped(&scene, "fork_bomb", "", few, &too_many);
}

#[test]
fn memory_is_bounded() {
    let scene = Scene::new();
    // Refused by the allocator (SIGABRT), or ended by the watch first.
    let full = [Ending::Signalled(6), Ending::Limit(Bound::Memory)];
    stopped(
        &scene,
        "hog_memory",
        "",
        |spec| spec.limits.address_space = 1 << 30,
        &full,
    );
    stopped(
        &scene,
        "share_memory_hog",
        "",
        as_it_is,
        &[Ending::Limit(Bound::Memory)],
    );
    let soon = |spec: &mut Spec| spec.limits.wall_ms = 5_000;
    stopped(
        &scene,
        "fill_sockets",
        "",
        soon,
        &[Ending::Limit(Bound::Memory)],
    );
}

#[test]
fn time_is_bounded() {
    let scene = Scene::new();
    stopped(
        &scene,
        "burn",
        "",
        |spec| spec.limits.cpu_seconds = 1,
        &[Ending::Limit(Bound::Cpu)],
    );
    stopped(
        &scene,
        "burn_together",
        "",
        |spec| spec.limits.cpu_seconds = 1,
        &[Ending::Limit(Bound::Cpu)],
    );
    // Takes a second more, for nothing that differs between machines.
    let mut spec = scene.run();
    spec.limits.cpu_seconds = 1;
    let (_, report) = scene.outcome(Machine::Complete, &spec, &program("burn_stubbornly"), &[]);
    assert_eq!(report.ending, Ending::Limit(Bound::Cpu));
    stopped(
        &scene,
        "sleep_long",
        "",
        |spec| spec.limits.wall_ms = 200,
        &[Ending::Limit(Bound::Wall)],
    );
}

#[test]
fn disk_is_bounded() {
    let scene = Scene::new();
    let writable = with_folder(&scene);
    stopped(
        &scene,
        "large_file",
        "",
        &writable,
        &[Ending::Limit(Bound::FileSize)],
    );
    let small = |spec: &mut Spec| {
        writable(spec);
        spec.limits.disk = 8 << 20;
    };
    stopped(
        &scene,
        "many_files",
        "",
        small,
        &[Ending::Limit(Bound::Disk)],
    );
}

#[test]
fn a_flood_nobody_reads_ends_in_time() {
    let scene = Scene::new();
    for machine in MACHINES {
        let mut spec = scene.run();
        spec.limits.wall_ms = 300;
        let mut wrapper = machine
            .wrapper()
            .command(&spec, program("flood_output"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the wrapper starts");
        // The pipe stays full and open all the time.
        let output = wrapper.stdout.take().expect("a pipe");
        wrapper.wait().expect("it ends");
        assert!(output.as_raw_fd() > 2);
        let report = Report::read(&scene.report()).expect("a report");
        assert_eq!(report.ending, Ending::Limit(Bound::Wall), "{machine:?}");
    }
}
