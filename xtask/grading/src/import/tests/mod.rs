mod bounds;
mod entries;
mod packing;
mod refused;

use tempfile::TempDir;

use super::*;
use packing::{FILE, tar_gz, zip};

const MAIN: &str = "step1-connect/src/main.rs";

fn wanted() -> Wanted {
    let step = |name: &str, folder: &str| WantedStep {
        name: name.into(),
        required: vec![format!("{folder}/src/main.rs")],
        sources: vec![format!("{folder}/src/**/*.rs")],
    };
    Wanted {
        steps: vec![
            step("step1", "step1-connect"),
            step("step2", "step2-telemetry"),
        ],
        documents: vec!["assignment.md".into()],
        crates: vec!["rumqttc".into()],
    }
}

struct Class {
    folder: TempDir,
}

impl Class {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("in")).expect("a folder");
        Self { folder }
    }

    fn file(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join("in").join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, content).expect("a file");
        path
    }

    fn imported(&self) -> Imported {
        import(
            &self.folder.path().join("in"),
            &self.folder.path().join("scratch"),
            &wanted(),
        )
        .expect("it imports")
    }

    fn import(&self) -> Vec<Submission> {
        self.imported().submissions
    }

    fn only(&self) -> Submission {
        let mut all = self.import();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }
}

#[test]
fn folders_and_archives_at_any_depth_give_the_same() {
    let class = Class::new();
    class.file("ada/step1-connect/src/main.rs", "fn main() {}");
    class.file("ada/step1-connect/src/deep/er.rs", "// more");
    class.file("ada/assignment.md", "AMQP");
    let packed = [
        (
            "x/kit/lessons/step1-connect/src/main.rs",
            &b"fn main() {}"[..],
        ),
        ("x/kit/lessons/step1-connect/src/deep/er.rs", b"// more"),
        ("x/kit/solutions/step1-connect/src/main.rs", b"not mine"),
        ("x/assignment.md", b"AMQP"),
        (
            "x/kit/lessons/step1-connect/build.rs",
            b"fn main() { evil() }",
        ),
        ("x/kit/.cargo/config.toml", b"[build]"),
    ];
    class.file("bob.zip", zip(&packed));
    class.file(
        "eve.TAR.GZ",
        tar_gz(&packed.map(|(name, content)| (name, FILE, content))),
    );
    let all = class.import();
    let names: Vec<&str> = all
        .iter()
        .map(|submission| submission.learner.as_str())
        .collect();
    assert_eq!(names, ["ada", "bob", "eve"]);
    for submission in &all {
        let taken: Vec<&str> = submission.taken.keys().map(String::as_str).collect();
        assert_eq!(
            taken,
            ["assignment.md", "step1-connect/src/deep/er.rs", MAIN],
            "{submission:?}"
        );
        assert_eq!(submission.missing, ["step2"]);
        assert_eq!(submission.text(MAIN).as_deref(), Some("fn main() {}"));
        assert!(
            submission.refused.is_empty() && submission.problem.is_none(),
            "{submission:?}"
        );
    }
}

#[test]
fn what_is_no_submission_is_said_and_the_others_go_on() {
    let class = Class::new();
    class.file("ada.zip", "no archive");
    class.file("bob.tar.gz", "no archive");
    class.file("cyd/readme.txt", "hello");
    class.file("dan/a/step1-connect/src/main.rs", "1");
    class.file("dan/b/step1-connect/src/main.rs", "2");
    class.file("eve/step1-connect/src/main.rs", "fn main() {}");
    let all = class.import();
    let names: Vec<&str> = all
        .iter()
        .map(|submission| submission.learner.as_str())
        .collect();
    assert_eq!(names, ["ada", "bob", "cyd", "dan", "eve"]);
    let problems: Vec<bool> = all
        .iter()
        .map(|submission| submission.problem.is_some())
        .collect();
    assert_eq!(problems, [true, true, true, true, false]);
    assert_eq!(all[0].missing, ["step1", "step2"]);
}

#[test]
fn nothing_of_an_earlier_run_stays() {
    let class = Class::new();
    class.file("ada/step1-connect/src/main.rs", "fn main() {}");
    let before = class.only();
    fs::write(
        before.folder.join("step1-connect/src/stale.rs"),
        "left over",
    )
    .expect("a file");
    let after = class.only();
    assert_eq!(before.folder, after.folder);
    assert!(!after.folder.join("step1-connect/src/stale.rs").exists());
}

#[test]
fn no_submissions_is_an_error_that_says_what_was_expected() {
    let class = Class::new();
    let scratch = class.folder.path().join("scratch");
    let error =
        import(&class.folder.path().join("in"), &scratch, &wanted()).expect_err("nothing there");
    assert!(error.to_string().contains("per learner"), "{error}");
    let error = import(Path::new("/nowhere"), &scratch, &wanted()).expect_err("nothing there");
    assert!(error.to_string().contains("/nowhere"), "{error}");
}
