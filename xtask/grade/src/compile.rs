//! Compiles a submission's step in the jail, from its sources alone.

mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use checks::compile::{Built, CompileError, Palette, Shelf, Target};
use course::verdict::Status;
use course::{ProgramId, Step};
use jail::{Ending, Report, Spec, Wrapper};
use tempfile::TempDir;
use tokio::process::Command;

use crate::containment::{self, Over};
use words::Words;

/// POSIX signal numbers.
const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

/// rustc and the crates that learners use.
#[derive(Debug)]
pub struct Compiler {
    root: PathBuf,
    crates: BTreeMap<Shelf, Crates>,
    contained: Option<Contained>,
}

#[derive(Debug)]
struct Crates {
    palette: Palette,
    /// The palette's crates and nothing else, where the jail may read.
    folder: Option<TempDir>,
}

#[derive(Debug)]
struct Contained {
    wrapper: Wrapper,
    toolchain: PathBuf,
}

/// A step's compiled programs, removed from disk on drop.
#[derive(Debug)]
pub struct Programs {
    /// The files by the name of their program.
    pub files: Vec<(ProgramId, PathBuf)>,
    /// What rustc and its linker took, when they were watched.
    pub compiler_cpu: Duration,
    _built: Option<Built>,
    _folder: Option<TempDir>,
}

/// Result of compiling a step.
#[derive(Debug)]
pub enum Compiled {
    /// All programs compiled.
    Ready(Programs),
    /// A program did not compile: status and message of the verdict.
    Rejected(Status, String),
}

impl Compiler {
    /// Builds the learners' crates that are on these shelves, or finds them built.
    ///
    /// # Errors
    /// When cargo or rustc do not work, or the crates cannot be copied.
    pub async fn new(
        root: &Path,
        wrapper: Option<&Wrapper>,
        shelves: impl IntoIterator<Item = Shelf>,
    ) -> anyhow::Result<Self> {
        let mut crates = BTreeMap::new();
        for shelf in shelves {
            if let Entry::Vacant(place) = crates.entry(shelf) {
                let palette = Palette::build(root, shelf).await?;
                place.insert(Crates::new(palette, wrapper.is_some())?);
            }
        }
        let contained = match wrapper {
            None => None,
            Some(wrapper) => Some(Contained {
                wrapper: wrapper.clone(),
                toolchain: toolchain(root).await?,
            }),
        };
        Ok(Self {
            root: root.to_owned(),
            crates,
            contained,
        })
    }

    /// Compiles a step's programs from `folder`, which is laid out like `lessons/`.
    ///
    /// # Errors
    /// What is not the submission's fault.
    pub async fn compile(&self, folder: &Path, step: &Step) -> anyhow::Result<Compiled> {
        let shelf = self.crates.get(&Shelf::of(step));
        let crates = shelf.context("the crates for this step were not built")?;
        let (Some(contained), Some(readable)) = (&self.contained, &crates.folder) else {
            return match crates.palette.compile(folder, step).await {
                Ok(built) => Ok(Compiled::Ready(Programs {
                    files: built.programs.clone(),
                    compiler_cpu: Duration::ZERO,
                    _built: Some(built),
                    _folder: None,
                })),
                Err(CompileError::Rejected(words)) => {
                    let words = Words::read(words.as_bytes()).await.text();
                    Ok(Compiled::Rejected(Status::CompileError, words))
                }
                Err(CompileError::Environment(error)) => Err(error),
            };
        };
        let out = open_folder()?;
        let mut compilation = Compilation {
            root: &self.root,
            contained,
            crates: readable.path(),
            palette: Cow::Borrowed(&crates.palette),
            sources: folder.join(&step.folder),
            library: None,
            cpu: Duration::ZERO,
        };
        if let Some(library) = Target::library(step, &compilation.sources) {
            // A folder of its own: whoever may read the library need not see what else is made.
            let place = out.path().join("library");
            fs::create_dir(&place)?;
            containment::open_to_all(&place)?;
            match compilation.make(&library, &place).await? {
                Ok(file) => {
                    compilation.palette = Cow::Owned(crates.palette.with(&library, &file));
                    compilation.library = Some(place);
                }
                Err((status, words)) => return Ok(Compiled::Rejected(status, words)),
            }
        }
        let mut files = Vec::new();
        for program in &step.programs {
            let target = Target::program(program);
            match compilation.make(&target, out.path()).await? {
                Ok(file) => files.push((program.id, file)),
                Err((status, words)) => return Ok(Compiled::Rejected(status, words)),
            }
        }
        Ok(Compiled::Ready(Programs {
            files,
            compiler_cpu: compilation.cpu,
            _built: None,
            _folder: Some(out),
        }))
    }
}

impl Crates {
    fn new(palette: Palette, is_gathered: bool) -> anyhow::Result<Self> {
        if !is_gathered {
            return Ok(Self {
                palette,
                folder: None,
            });
        }
        let folder = open_folder()?;
        let palette = palette.gathered(folder.path())?;
        for file in fs::read_dir(folder.path())? {
            containment::open_to_all(&file?.path())?;
        }
        Ok(Self {
            palette,
            folder: Some(folder),
        })
    }
}

/// A step on its way through the jailed compiler.
struct Compilation<'a> {
    root: &'a Path,
    contained: &'a Contained,
    /// Where the palette's crates are.
    crates: &'a Path,
    palette: Cow<'a, Palette>,
    sources: PathBuf,
    /// The folder of the step's own library, once that is made.
    library: Option<PathBuf>,
    /// What rustc and its linker have taken so far.
    cpu: Duration,
}

impl Compilation<'_> {
    /// Makes the target's file in `out`.
    async fn make(
        &mut self,
        target: &Target,
        out: &Path,
    ) -> anyhow::Result<Result<PathBuf, (Status, String)>> {
        let contained = self.contained;
        let output = out.join(format!("{}.out", target.file()));
        fs::create_dir(&output)?;
        containment::open_to_all(&output)?;
        let report = out.join(format!("{}.json", target.file()));
        let made = output.join(target.file());
        let mut inputs = vec![self.sources.clone(), self.crates.to_owned()];
        inputs.extend(self.library.clone());
        let mut spec = Spec::compile(&contained.toolchain, &inputs, &output).reporting_to(&report);
        // The same place as `check` has, so that rustc names files the same way.
        spec.working_dir.clone_from(&self.sources);
        let rustc = contained.toolchain.join("bin/rustc");
        let mut command = contained.wrapper.command(&spec, &rustc);
        command
            .args(self.palette.arguments(target, &made))
            .current_dir(self.root)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut command = Command::from(command);
        // Ctrl-C on the terminal is for the grader, which ends this one when it leaves.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .kill_on_drop(true)
            .spawn()
            .context("the compiler's jail does not start")?;
        let mut words = String::new();
        if let Some(stderr) = child.stderr.take() {
            words = Words::read(stderr).await.text();
        }
        child.wait().await?;
        let report = Report::read(&report).context("the compiler's jail left no report")?;
        match report.ending {
            Ending::Exited(0) => {
                let file = out.join(target.file());
                take_over(&made, &file)?;
                self.cpu += Duration::from_millis(report.cpu_ms);
                Ok(Ok(file))
            }
            // Nobody's source makes rustc end by these: the machine ran out of memory, say.
            Ending::Signalled(signal @ (SIGINT | SIGKILL | SIGTERM)) => {
                bail!("the compiler was killed from outside by signal {signal}")
            }
            Ending::Exited(_) | Ending::Signalled(_) => Ok(Err((Status::CompileError, words))),
            Ending::Limit(bound) => {
                let Over { status, words } = containment::over(bound, &spec.limits);
                Ok(Err((status, format!("The compiler was ended: {words}."))))
            }
            Ending::Stopped => bail!("the compiler was stopped from outside"),
            Ending::NotStarted(reason) => bail!("the compiler's jail: {reason}"),
        }
    }
}

/// Puts a program or library where no jail can change it any more.
fn take_over(made: &Path, file: &Path) -> anyhow::Result<()> {
    let kind = fs::symlink_metadata(made).context("rustc made no file")?;
    if !kind.is_file() {
        bail!("rustc made something that is no file");
    }
    fs::rename(made, file).context("keeping what rustc made")?;
    containment::own(file).context("keeping what rustc made")?;
    containment::open_to_all(file)?;
    Ok(())
}

/// A temporary folder that the jail's user may enter.
fn open_folder() -> io::Result<TempDir> {
    let folder = TempDir::new()?;
    containment::open_to_all(folder.path())?;
    Ok(folder)
}

/// rustc's own folder, whatever shim `rustc` is.
async fn toolchain(root: &Path) -> anyhow::Result<PathBuf> {
    let output = Command::new(checks::toolchain::rustc())
        .args(["--print", "sysroot"])
        .current_dir(root)
        .output()
        .await
        .context("rustc does not start")?;
    let path = String::from_utf8(output.stdout).context("rustc's folder is not UTF-8")?;
    Ok(PathBuf::from(path.trim()))
}
