//! Attacks by a learner's source while the compiler reads it.

use std::fs;
use std::path::Path;

use jail::{Bound, Ending, Spec};

use crate::scene::{MACHINES, Machine, SECRET, Scene, open_to_all, toolchain};

/// What came of compiling one source.
struct Compiled {
    place: String,
    ending: Ending,
    /// All the compiler wrote: its messages and its files.
    written: Vec<u8>,
}

/// Compiles `source` (a file's text) on `machine`. Nothing when this machine cannot: root gives itself up in the jail, and
/// without namespaces a toolchain in root's home is then out of reach.
fn compile(
    scene: &Scene,
    machine: Machine,
    name: &str,
    source: &str,
    change: impl Fn(&mut Spec),
) -> Option<Compiled> {
    let sources = scene.make_folder("sources").join("src");
    fs::create_dir(&sources).expect("a folder");
    let main = sources.join("main.rs");
    fs::write(&main, source).expect("a file");
    for path in [&sources, &main] {
        open_to_all(path, 0o755);
    }
    let output = scene.make_folder("output");
    let mut spec = Spec::compile(toolchain(), &[sources], &output).reporting_to(scene.report());
    change(&mut spec);

    let binary = output.join("main");
    let arguments = ["--edition", "2024", "-C", "debuginfo=0", "-o"];
    let arguments = [&arguments[..], &[text(&binary), text(&main)]].concat();
    let rustc = toolchain().join("bin/rustc");
    let (said, report) = scene.outcome(machine, &spec, &rustc, &arguments);
    if let Ending::NotStarted(reason) = &report.ending {
        assert_eq!(machine, Machine::WithoutNamespaces, "{reason}");
        eprintln!("skipped: {reason}");
        return None;
    }
    let mut written = [said.stdout, said.stderr].concat();
    if let Ok(binary) = fs::read(&binary) {
        written.extend(binary);
    }
    Some(Compiled {
        place: format!("{name} on {machine:?}"),
        ending: report.ending,
        written,
    })
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

/// Each `@TARGET@` is the instructor's file, each `@NAME@` its name.
fn source(scene: &Scene, name: &str) -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/attacks/sources/{name}.rs"));
    let text = fs::read_to_string(path).expect("the source is there");
    text.replace("@TARGET@", &scene.secret.display().to_string())
        .replace("@NAME@", "secret.txt")
}

fn contains(all: &[u8], part: &str) -> bool {
    all.windows(part.len())
        .any(|window| window == part.as_bytes())
}

#[test]
fn an_honest_program_compiles_and_runs() {
    let scene = Scene::new();
    for machine in MACHINES {
        let honest = "fn main() { println!(\"hello {}\", 6 * 7); }";
        let Some(compiled) = compile(&scene, machine, "honest", honest, |_| ()) else {
            continue;
        };
        let words = String::from_utf8_lossy(&compiled.written[..compiled.written.len().min(2000)])
            .into_owned();
        assert_eq!(
            compiled.ending,
            Ending::Exited(0),
            "{}: {words}",
            compiled.place
        );
        let binary = scene.folder.path().join("output/main");
        let (output, report) = scene.outcome(machine, &scene.run(), &binary, &[]);
        assert_eq!(report.ending, Ending::Exited(0), "{machine:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "hello 42\n");
    }
}

#[test]
fn the_compiler_includes_nothing_from_outside() {
    let scene = Scene::new();
    for name in [
        "include_text",
        "include_beside",
        "module_path",
        "include_code",
        "include_assembly",
        "link_library",
        "include_keyring",
    ] {
        for machine in MACHINES {
            let Some(compiled) = compile(&scene, machine, name, &source(&scene, name), |_| ())
            else {
                continue;
            };
            let Compiled {
                place,
                ending,
                written,
            } = compiled;
            assert_eq!(
                ending,
                Ending::Exited(1),
                "{place}: {}",
                String::from_utf8_lossy(&written)
            );
            assert!(!contains(&written, SECRET), "{place} leaked");
        }
    }
}

#[test]
fn the_compiler_knows_nothing_of_the_instructors_environment() {
    let scene = Scene::new();
    for machine in MACHINES {
        for name in ["read_environment", "include_process"] {
            let Some(compiled) = compile(&scene, machine, name, &source(&scene, name), |_| ())
            else {
                continue;
            };
            // What cargo tells this test in its environment stands for what an instructor has in theirs.
            let own = env!("CARGO_MANIFEST_DIR");
            assert!(!contains(&compiled.written, own), "{}", compiled.place);
        }
    }
}

#[test]
fn a_source_cannot_keep_the_compiler_busy_for_ever() {
    let scene = Scene::new();
    for name in [
        "endless_constant",
        "huge_constant",
        "macro_explosion",
        "error_flood",
    ] {
        for machine in MACHINES {
            let small = |spec: &mut Spec| {
                spec.limits.resident = 512 << 20;
                spec.limits.cpu_seconds = 1;
            };
            let Some(compiled) = compile(&scene, machine, name, &source(&scene, name), small)
            else {
                continue;
            };
            let Compiled {
                place,
                ending,
                written,
            } = compiled;
            let told = matches!(
                ending,
                Ending::Exited(1 | 101)
                    | Ending::Limit(Bound::Cpu | Bound::Memory)
                    | Ending::Signalled(6 | 11)
            );
            assert!(told, "{place}: {ending:?}");
            assert!(
                written.len() < 64 << 20,
                "{place} wrote {} bytes",
                written.len()
            );
        }
    }
}
