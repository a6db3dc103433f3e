//! What a build depends on, as it is at one moment: files and environment variables.
//!
//! Two looks at the same inputs are compared, never interpreted: whatever differs is for cargo to
//! judge.

mod state;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::process;
use std::time::SystemTime;

use state::{file, hash, steering};

/// Inputs, and what they looked like.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    seen: BTreeMap<Input, String>,
    /// When the last step is over in which a file changed under somebody's hands.
    settled: Option<SystemTime>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Input {
    /// A file or folder that somebody may edit, by its path.
    File(String),
    /// A file that only a build writes, by its path.
    Product(String),
    /// A variable, by its name.
    Variable(String),
    /// All variables that steer cargo.
    Steering,
}

impl Inputs {
    /// Looks at a file that somebody may edit, or at a folder with all that is in it. That there
    /// is none counts as well.
    ///
    /// None where the path cannot be written down as a line of text.
    pub fn file(&mut self, path: &Path) -> Option<()> {
        self.look(Input::File(line(path)?));
        Some(())
    }

    /// Looks at a file that only a build writes.
    ///
    /// None where the path cannot be written down as a line of text.
    pub fn product(&mut self, path: &Path) -> Option<()> {
        self.look(Input::Product(line(path)?));
        Some(())
    }

    /// Looks at a variable. That it is not set counts as well.
    pub fn variable(&mut self, name: &str) {
        self.look(Input::Variable(name.to_owned()));
    }

    /// Looks at all variables that steer cargo.
    pub fn steering(&mut self) {
        self.look(Input::Steering);
    }

    /// Looks at the same inputs once more.
    #[must_use]
    pub fn again(&self) -> Self {
        let mut now = Self::default();
        for input in self.seen.keys() {
            now.look(input.clone());
        }
        now
    }

    /// Whether a look at this time could tell every later change of a file by the file's time.
    pub fn settled(&self, now: SystemTime) -> bool {
        self.settled.is_none_or(|settled| settled < now)
    }

    /// Reads what was kept as a stamp; None where nothing is, or it cannot be understood.
    pub fn kept(stamp: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(stamp).ok()?)
    }

    /// Keeps these inputs as a stamp, whole or not at all: others may read at the same time.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, stamp: &Path) -> io::Result<()> {
        let mut new = OsString::from(stamp);
        new.push(format!(".{}", process::id()));
        fs::write(&new, self.to_string())?;
        fs::rename(&new, stamp).inspect_err(|_| drop(fs::remove_file(&new)))
    }

    /// Reads them as they are displayed. When their files were settled is forgotten: what is kept
    /// has been.
    pub fn parse(text: &str) -> Option<Self> {
        let mut kept = Self::default();
        for line in text.lines() {
            let mut fields = line.splitn(3, '\t');
            let (kind, state, name) = (fields.next()?, fields.next()?, fields.next()?);
            let name = name.to_owned();
            let input = match kind {
                "file" => Input::File(name),
                "product" => Input::Product(name),
                "variable" => Input::Variable(name),
                "steering" => Input::Steering,
                _ => return None,
            };
            kept.seen.insert(input, state.to_owned());
        }
        (!kept.seen.is_empty()).then_some(kept)
    }

    /// Whether all looks as it did.
    pub fn hold(&self) -> bool {
        self.same(&self.again())
    }

    /// Whether what both have looked at, and what no build writes, was seen the same way.
    pub fn agree(&self, other: &Self) -> bool {
        self.seen.iter().all(|(input, state)| {
            let product = matches!(input, Input::Product(_));
            product || other.seen.get(input).is_none_or(|other| other == state)
        })
    }

    /// Whether these inputs were seen the same way, whenever that was.
    pub fn same(&self, other: &Self) -> bool {
        self.seen == other.seen
    }

    fn look(&mut self, input: Input) {
        let state = match &input {
            Input::File(path) => {
                let (state, settled) = file(Path::new(path));
                self.settled = self.settled.max(settled);
                state
            }
            Input::Product(path) => file(Path::new(path)).0,
            Input::Variable(name) => env::var_os(name).map_or("unset".into(), |value| hash(&value)),
            Input::Steering => hash(&steering()),
        };
        self.seen.insert(input, state);
    }
}

/// A line each: what it is, how it looked, its name.
impl fmt::Display for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (input, state) in &self.seen {
            let (kind, name) = match input {
                Input::File(path) => ("file", path.as_str()),
                Input::Product(path) => ("product", path.as_str()),
                Input::Variable(name) => ("variable", name.as_str()),
                Input::Steering => ("steering", ""),
            };
            writeln!(f, "{kind}\t{state}\t{name}")?;
        }
        Ok(())
    }
}

/// A path that stands on a line of its own.
fn line(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    (!text.contains(['\n', '\r'])).then(|| text.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use std::fs::File;
    use std::time::{Duration, UNIX_EPOCH};

    use tempfile::TempDir;

    use super::state::{FINE_STEP, STEP};
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// Something to look at, and where a stamp may lie.
    struct Desk {
        folder: TempDir,
        inputs: Inputs,
        began: SystemTime,
    }

    impl Desk {
        fn new() -> Self {
            let folder = TempDir::new().unwrap();
            let file = folder.path().join("a file.rs");
            let began = SystemTime::now() - HOUR;
            fs::write(&file, "four").unwrap();
            touch(&file, began);
            let mut inputs = Inputs::default();
            inputs.file(&file).unwrap();
            inputs.file(&folder.path().join("none.toml")).unwrap();
            inputs.variable("PATH");
            inputs.variable("SURELY_NOT_SET");
            inputs.steering();
            Self {
                folder,
                inputs,
                began,
            }
        }

        fn path(&self, name: &str) -> std::path::PathBuf {
            self.folder.path().join(name)
        }

        fn is_same(&self) -> bool {
            self.inputs.same(&self.inputs.again())
        }
    }

    fn touch(file: &Path, time: SystemTime) {
        let file = File::options().write(true).open(file).unwrap();
        file.set_modified(time).unwrap();
    }

    #[test]
    fn nothing_changes_by_itself() {
        assert!(Desk::new().is_same());
    }

    #[test]
    fn a_file_that_was_saved_has_changed() {
        let desk = Desk::new();
        fs::write(desk.path("a file.rs"), "five").unwrap();
        assert!(!desk.is_same());
    }

    #[test]
    fn another_length_at_the_same_time_is_a_change() {
        let desk = Desk::new();
        fs::write(desk.path("a file.rs"), "seven").unwrap();
        touch(&desk.path("a file.rs"), desk.began);
        assert!(!desk.is_same());
    }

    #[test]
    fn an_older_file_has_changed_too() {
        let desk = Desk::new();
        touch(&desk.path("a file.rs"), desk.began - HOUR);
        assert!(!desk.is_same());
    }

    #[test]
    fn a_folder_is_all_that_is_in_it() {
        let Desk { folder, began, .. } = Desk::new();
        fs::create_dir(folder.path().join("deep")).unwrap();
        let deep = folder.path().join("deep").join("b.rs");
        fs::write(&deep, "four").unwrap();
        touch(&deep, began);
        let mut inputs = Inputs::default();
        inputs.file(folder.path()).unwrap();
        assert!(inputs.same(&inputs.again()));
        assert!(!inputs.settled(began));

        touch(&deep, began - HOUR);
        assert!(!inputs.same(&inputs.again()));
        touch(&deep, began);
        assert!(inputs.same(&inputs.again()));
        fs::rename(&deep, deep.with_file_name("c.rs")).unwrap();
        assert!(!inputs.same(&inputs.again()));
    }

    #[test]
    fn files_that_go_and_files_that_come_are_changes() {
        let desk = Desk::new();
        fs::remove_file(desk.path("a file.rs")).unwrap();
        assert!(!desk.is_same());

        let desk = Desk::new();
        fs::write(desk.path("none.toml"), "").unwrap();
        assert!(!desk.is_same());
    }

    /// Where times come in steps of two seconds, a file can change once more and keep its time.
    #[test]
    fn a_file_that_changed_just_now_may_do_so_again_unseen() {
        let coarse = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let fine = coarse + Duration::from_nanos(123_456_789);
        for (time, step) in [(coarse, STEP), (fine, FINE_STEP)] {
            let desk = Desk::new();
            touch(&desk.path("a file.rs"), time);
            let inputs = desk.inputs.again();
            assert!(!inputs.settled(time - HOUR));
            assert!(!inputs.settled(time + step / 2));
            assert!(inputs.settled(time + 2 * step));
        }
    }

    #[test]
    fn what_is_kept_is_what_was_seen() {
        let desk = Desk::new();
        let stamp = desk.path("stamp");
        assert!(Inputs::kept(&stamp).is_none());
        desk.inputs.keep(&stamp).unwrap();
        let kept = Inputs::kept(&stamp).unwrap();
        assert!(kept.same(&desk.inputs));
        assert!(kept.same(&kept.again()));
        fs::write(desk.path("a file.rs"), "five").unwrap();
        assert!(!kept.same(&kept.again()));
    }

    #[test]
    fn two_looks_agree_where_both_have_seen_the_same() {
        let desk = Desk::new();
        let mut other = Inputs::default();
        other.file(&desk.path("a file.rs")).unwrap();
        other.file(&desk.path("another.rs")).unwrap();
        assert!(desk.inputs.agree(&other));
        fs::write(desk.path("another.rs"), "").unwrap();
        assert!(desk.inputs.agree(&other.again()));
        fs::write(desk.path("a file.rs"), "five").unwrap();
        assert!(!desk.inputs.agree(&other.again()));
    }

    #[test]
    fn a_product_may_be_built_between_two_looks() {
        let desk = Desk::new();
        let mut inputs = Inputs::default();
        inputs.product(&desk.path("a file.rs")).unwrap();
        fs::write(desk.path("a file.rs"), "five").unwrap();
        assert!(inputs.agree(&inputs.again()));
        assert!(!inputs.hold());
        assert!(inputs.settled(desk.began));
    }

    #[test]
    fn values_are_not_written_down() {
        let desk = Desk::new();
        let stamp = desk.path("stamp");
        desk.inputs.keep(&stamp).unwrap();
        let path = env::var("PATH").unwrap();
        assert!(!fs::read_to_string(stamp).unwrap().contains(&path));
    }

    #[test]
    fn a_stamp_that_is_not_one_says_nothing() {
        let desk = Desk::new();
        let stamp = desk.path("stamp");
        for text in ["", "file\t1 2\n", "what\tis\tthis\n"] {
            fs::write(&stamp, text).unwrap();
            assert!(Inputs::kept(&stamp).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_path_that_breaks_the_line_is_in_no_stamp() {
        assert!(Inputs::default().file(Path::new("a\nb")).is_none());
    }
}
