//! A class's submissions, packed as learners pack them.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Once;

use course::Step;
use course::starters;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Files by their path in a submission.
pub type Files = Vec<(String, String)>;

/// Submissions on one side, results on the other.
pub struct Class {
    folder: TempDir,
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn numbered(numbers: &[u8]) -> impl Iterator<Item = &'static Step> {
    let is_wanted = |step: &&Step| numbers.contains(&step.number);
    course::steps().iter().filter(is_wanted)
}

/// The finished programs of these steps.
pub fn right(steps: &[u8]) -> Files {
    let mut files = Files::new();
    for step in numbered(steps) {
        for (path, program) in sources(step) {
            let source = root().join("solutions").join(&path);
            let text = starters::finished(&source).unwrap();
            files.push((path, format!("{text}// {program}\n")));
        }
    }
    files
}

/// The starters of these steps.
pub fn starter(steps: &[u8]) -> Files {
    let all = starters::generate(&root().join("solutions")).unwrap();
    let mut files = Files::new();
    for step in numbered(steps) {
        let own = all
            .iter()
            .filter(|starter| starter.file.starts_with(&step.folder));
        files.extend(own.map(|starter| (starter.file.display().to_string(), starter.text.clone())));
    }
    files
}

/// Step 1, and its program is this.
pub fn step1(source: &str) -> Files {
    vec![("step1-connect/src/main.rs".to_owned(), source.to_owned())]
}

fn sources(step: &Step) -> Vec<(String, &str)> {
    let programs = step.programs.iter();
    programs
        .map(|program| {
            (
                format!("{}/{}", step.folder, program.source),
                program.binary.as_str(),
            )
        })
        .collect()
}

impl Class {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["submissions", "tmp"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        // Run by root, a jail has a user of its own, who must get to the temporary files.
        for path in [folder.path(), &folder.path().join("tmp")] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder }
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("grades")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join("submissions").join(name)
    }

    pub fn folder(&self, name: &str, files: &Files) {
        for (path, text) in files {
            let file = self.place(name).join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
    }

    pub fn zip(&self, name: &str, files: &Files) {
        let mut zip = ZipWriter::new(File::create(self.place(name)).unwrap());
        for (path, text) in files {
            zip.start_file(
                format!("my kit/lessons/{path}"),
                SimpleFileOptions::default(),
            )
            .unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
    }

    pub fn tar(&self, name: &str, files: &Files) {
        let gzip = GzEncoder::new(File::create(self.place(name)).unwrap(), Compression::fast());
        let mut tar = tar::Builder::new(gzip);
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            tar.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
    }

    pub fn command(&self, options: &[&str]) -> Command {
        build_the_jail();
        let mut command = Command::new(env!("CARGO_BIN_EXE_grade"));
        command
            .arg(self.folder.path().join("submissions"))
            .arg("--out")
            .arg(self.out())
            .args(options)
            .env("TMPDIR", self.path("tmp"))
            .current_dir(root());
        command
    }

    /// Exit status and all that was said.
    pub fn grade(&self, options: &[&str]) -> (i32, String) {
        told(&mut self.command(options))
    }

    /// What is left of anything temporary.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("tmp")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// The feedback page of the learner of this name.
    pub fn page_of(&self, name: &str) -> String {
        let pages = fs::read_dir(self.out().join("feedback")).unwrap();
        let texts = pages.map(|page| fs::read_to_string(page.unwrap().path()).unwrap());
        let title = format!("Nightlight: {name}");
        texts
            .into_iter()
            .find(|text| text.contains(&title))
            .unwrap()
    }

    pub fn result(&self, file: &str) -> String {
        fs::read_to_string(self.out().join(file)).unwrap()
    }

    /// The verdict on one step, as results.json has it.
    pub fn verdict(&self, name: &str, step: &str) -> Value {
        let whole: Value = serde_json::from_str(&self.result("results.json")).unwrap();
        let learners = whole["learners"].as_array().unwrap();
        let learner = learners.iter().find(|known| known["name"] == name);
        let learner = learner.unwrap_or_else(|| panic!("there is no {name:?}"));
        learner["verdicts"][step].clone()
    }

    /// Points by step, and in all.
    pub fn points(&self, learner: &str) -> (Vec<Option<f64>>, Option<f64>) {
        let whole: Value = serde_json::from_str(&self.result("results.json")).unwrap();
        let results = whole["results"].as_array().unwrap();
        let result = results
            .iter()
            .find(|known| known["learner"] == learner)
            .unwrap();
        let steps = result["steps"].as_array().unwrap();
        (
            steps.iter().map(Value::as_f64).collect(),
            result["total"].as_f64(),
        )
    }

    /// Every criterion that failed, and what was seen instead: for who should have lost nothing.
    pub fn lost(&self, learner: &str) -> Vec<String> {
        let mut lost = Vec::new();
        for step in course::steps() {
            let verdict = self.verdict(learner, &step.name());
            let rows = verdict["criteria"].as_array().into_iter().flatten();
            for row in rows.filter(|row| row["status"] == "fail") {
                lost.push(format!("{} {}: {}", step.name(), row["id"], row["actual"]));
            }
        }
        lost
    }

    /// Learner and step of every verdict in the journal.
    pub fn checked(&self) -> Vec<(String, String)> {
        let journal = fs::read_to_string(self.out().join("journal.jsonl")).unwrap_or_default();
        let whole = journal
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        let records = whole.map(|line| serde_json::from_str::<Value>(line).unwrap());
        records
            .filter(|record| record["record"] == "checked")
            .map(|record| {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                (text(&record["learner"]), text(&record["verdict"]["step"]))
            })
            .collect()
    }
}

/// As `cargo xtask grade` does, which the tests do not go through: cargo gives them only the
/// programs of their own package.
fn build_the_jail() {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let beside = Path::new(env!("CARGO_BIN_EXE_grade")).parent().unwrap();
        let profile = match beside.file_name().unwrap().to_str().unwrap() {
            "debug" => "dev",
            other => other,
        };
        let built = checks::toolchain::cargo()
            .args(["build", "--quiet", "--package", "unify"])
            .args(["--package", "grade"])
            .args(["--package", "jail", "--bin", "jail"])
            .args(["--profile", profile, "--target-dir"])
            .arg(beside.parent().unwrap())
            .current_dir(root())
            .status();
        assert!(built.unwrap().success());
    });
}

/// Runs it to its end: exit status and all that was said.
pub fn told(command: &mut Command) -> (i32, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let said = String::from_utf8([stdout, stderr].concat()).unwrap();
    (status.code().unwrap(), said)
}
