//! `watch` goes on, whatever editors do to the sources and learners to the keys.

use std::fs;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;

use course::{starters, steps};

use super::kit::{Kit, building};
use super::{first, root};

/// What is said when a report is complete.
const WAITING: &str = "waiting for you to save";

/// Kills the watch when the test is over, however it ends.
struct Watching {
    child: Child,
    keys: Option<ChildStdin>,
    lines: Option<Lines<BufReader<ChildStdout>>>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Watching {
    fn start(kit: &Kit) -> Self {
        Self::on(kit, &first().name())
    }

    fn on(kit: &Kit, name: &str) -> Self {
        let mut child = kit
            .command(&["watch", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            keys: child.stdin.take(),
            lines: child.stdout.take().map(|out| BufReader::new(out).lines()),
            child,
        }
    }

    /// Reads up to the line that has these words in it, and returns what came before.
    fn until(&mut self, words: &str) -> Vec<String> {
        let mut before = Vec::new();
        for line in self.lines.as_mut().unwrap().map(Result::unwrap) {
            if line.contains(words) {
                return before;
            }
            before.push(line);
        }
        let mut error = String::new();
        let stderr = self.child.stderr.as_mut();
        stderr.unwrap().read_to_string(&mut error).unwrap();
        panic!("it ended without {words:?}: {before:#?}\n{error}");
    }

    fn press(&mut self, keys: &str) {
        let pipe = self.keys.as_mut().unwrap();
        pipe.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads what is left, and returns the exit status.
    fn status(&mut self) -> Option<i32> {
        self.lines.as_mut().unwrap().for_each(drop);
        self.child.wait().unwrap().code()
    }
}

/// As Vim saves with `backupcopy=no`: the old file is moved aside, a new one is written.
fn save_like_vim(file: &Path, text: &str) {
    let aside = file.with_extension("rs~");
    fs::rename(file, &aside).unwrap();
    fs::write(file, text).unwrap();
    fs::remove_file(aside).unwrap();
}

/// As JetBrains' editors save: the new file is written beside the old one, and takes its place in
/// two moves.
fn save_like_jetbrains(file: &Path, text: &str) {
    let [new, old] = ["rs___jb_tmp___", "rs___jb_old___"].map(|ending| file.with_extension(ending));
    fs::write(&new, text).unwrap();
    fs::rename(file, &old).unwrap();
    fs::rename(new, file).unwrap();
    fs::remove_file(old).unwrap();
}

/// Steps after the fourth have nothing new for an editor, and take long to be judged.
const STEPS: usize = 4;

#[test]
fn editors_that_save_by_renaming_are_noticed_step_after_step() {
    let _turn = building();
    let kit = Kit::new();
    let mut watching = Watching::start(&kit);
    for step in steps().iter().take(STEPS) {
        watching.until(&format!("checking {}", step.name()));
        let points = format!("of {} points", step.max_points());
        watching.until(&points);
        watching.until(WAITING);
        let finished = |source: &str| {
            let file = Path::new(&step.folder).join(source);
            let solution = starters::finished(&root().join("solutions").join(&file)).unwrap();
            (kit.root.join("lessons").join(file), solution)
        };
        let begins = |file: &&str| step.programs.iter().any(|program| program.source == *file);
        for module in step.sources().filter(|file| !begins(file)) {
            let (file, solution) = finished(module);
            save_like_jetbrains(&file, &solution);
            watching.until(WAITING);
        }
        for program in &step.programs {
            let (file, solution) = finished(&program.source);
            save_like_vim(&file, &format!("{solution}\nfn {}(", program.id));
            watching.until("It does not compile yet");
            watching.until(WAITING);
            save_like_jetbrains(&file, &solution);
            watching.until(&points);
        }
        watching.until("Done! Next: ");
    }
    watching.press("q");
    assert_eq!(watching.status(), Some(0));
}

#[test]
fn sources_and_manifests_that_are_away_or_broken_are_waited_for() {
    let _turn = building();
    let kit = Kit::new();
    let lesson = kit.root.join("lessons").join(&first().folder);
    let mut watching = Watching::start(&kit);
    watching.until("client name nobody");
    watching.until(WAITING);

    for name in ["src/main.rs", "Cargo.toml"] {
        let (file, aside) = (lesson.join(name), kit.root.join("aside"));
        fs::rename(&file, &aside).unwrap();
        watching.until(&format!("{}/{name} is missing", first().folder));
        watching.until(WAITING);
        fs::rename(&aside, &file).unwrap();
        watching.until("client name nobody");
        watching.until(WAITING);
    }
    for manifest in [&lesson, &kit.root].map(|folder| folder.join("Cargo.toml")) {
        let whole = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, "[package\n").unwrap();
        watching.until("Cargo.toml, line 1: ");
        watching.until(WAITING);
        fs::write(&manifest, whole).unwrap();
        watching.until("client name nobody");
        watching.until(WAITING);
    }
    watching.press("q");
    assert_eq!(watching.status(), Some(0));
}

#[test]
fn a_puzzle_is_watched_until_it_is_solved() {
    let _turn = building();
    let kit = Kit::new();
    kit.solve();
    assert_eq!(kit.run(&["check"]).0, 0);
    assert_eq!(kit.run(&["puzzle", "1"]).0, 0);
    let program = first().programs.first().unwrap();
    let within = Path::new(&first().folder).join(&program.source);
    let source = kit.root.join("lessons/puzzle").join(within);
    let mut watching = Watching::on(&kit, "puzzle");
    watching.until("checking puzzle");
    watching.until(WAITING);
    // What would be the answer, or another step, is no key here.
    watching.press("dnh");
    let shown = watching.until("Ask again, and you get the task");
    let left = |line: &String| line.contains("checking") || line.contains("the solution\n");
    assert!(!shown.iter().any(left), "{shown:#?}");

    let aside = kit.root.join("aside");
    fs::rename(&source, &aside).unwrap();
    watching.until(&format!("{} is missing", program.source));
    watching.until(WAITING);
    fs::rename(&aside, &source).unwrap();
    watching.until("checking puzzle");
    watching.until(WAITING);
    save_like_vim(&source, &fs::read_to_string(kit.source()).unwrap());
    watching.until("Solved! What was wrong: ");
    assert_eq!(watching.status(), Some(0));
    let (_, text, _) = kit.run(&["puzzle"]);
    assert!(text.contains("✓  1"), "{text}");
}

/// Where programs report that they run, and wait.
struct Gate {
    source: String,
    arrivals: Receiver<()>,
    /// Who waits; nobody, while the gate is open.
    held: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

impl Gate {
    fn closed() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap();
        let source = format!(
            r#"
            use std::io::Read;
            fn main() {{
                let mut gate = std::net::TcpStream::connect("{place}").unwrap();
                let _ = gate.read(&mut [0]);
            }}"#
        );
        let (sender, arrivals) = mpsc::channel();
        let held = Arc::new(Mutex::new(Some(Vec::new())));
        let waiting = Arc::clone(&held);
        thread::spawn(move || {
            for line in listener.incoming().map(Result::unwrap) {
                if let Some(held) = waiting.lock().unwrap().as_mut() {
                    held.push(line);
                }
                let _ = sender.send(());
            }
        });
        Self {
            source,
            arrivals,
            held,
        }
    }

    /// Lets everybody go on to their ends.
    fn open(&self) {
        *self.held.lock().unwrap() = None;
    }

    fn close(&self) {
        *self.held.lock().unwrap() = Some(Vec::new());
        while self.arrivals.try_recv().is_ok() {}
    }

    /// Waits until those that were held have ended.
    fn all_have_ended(&self) {
        for mut line in self.held.lock().unwrap().take().unwrap() {
            let _ = line.read_to_end(&mut Vec::new());
        }
    }
}

#[test]
fn keys_do_not_restart_a_check_a_save_does_and_q_ends_it_at_once() {
    let _turn = building();
    let kit = Kit::new();
    let gate = Gate::closed();
    fs::write(kit.source(), &gate.source).unwrap();
    let mut watching = Watching::start(&kit);
    watching.until("checking");
    gate.arrivals.recv().unwrap();
    watching.press("vhdn");
    gate.open();
    let shown = watching.until(WAITING);
    let is_begun = |line: &String| line.contains("checking");
    assert!(!shown.iter().any(is_begun), "{shown:#?}");

    watching.press("h");
    watching.until("Ask again, and you get the task");
    gate.close();
    watching.press("v");
    watching.until("checking");
    gate.arrivals.recv().unwrap();
    fs::write(kit.source(), "fn main() {}").unwrap();
    let shown = watching.until("checking");
    let is_over = |line: &String| line.contains(WAITING);
    assert!(!shown.iter().any(is_over), "{shown:#?}");
    watching.until(WAITING);

    fs::write(kit.source(), &gate.source).unwrap();
    watching.until("checking");
    gate.arrivals.recv().unwrap();
    watching.press("q");
    assert_eq!(watching.status(), Some(0));
    gate.all_have_ended();
}

#[cfg(unix)]
#[test]
fn a_watch_that_nobody_reads_ends() {
    let _turn = building();
    let kit = Kit::new();
    // As `head -1` does, in the middle of a check; and when there is nothing to say for hours.
    for last in ["checking", WAITING] {
        let mut watching = Watching::start(&kit);
        watching.until(last);
        drop(watching.lines.take());
        assert_eq!(watching.child.wait().unwrap().code(), Some(0), "{last}");
    }
}
