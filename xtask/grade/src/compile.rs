//! Compiles a submission's step in the jail, from its sources alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use checks::compile::{Built, CompileError, Palette};
use course::verdict::Status;
use course::{Program, ProgramId, Step};
use jail::{Ending, Report, Spec, Wrapper};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::containment::{self, Over};

/// Maximum length of the compiler's messages, in bytes.
const MOST_WORDS: u64 = 64 * 1024;

/// POSIX signal numbers.
const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

/// rustc and the crates that learners use.
#[derive(Debug)]
pub struct Compiler {
    root: PathBuf,
    palette: Palette,
    contained: Option<Contained>,
}

#[derive(Debug)]
struct Contained {
    wrapper: Wrapper,
    toolchain: PathBuf,
    /// The palette's crates and nothing else, where the jail may read.
    crates: TempDir,
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
    /// Builds the learners' crates, or finds them built.
    ///
    /// # Errors
    /// When cargo or rustc do not work, or the crates cannot be copied.
    pub async fn new(root: &Path, wrapper: Option<&Wrapper>) -> anyhow::Result<Self> {
        let palette = Palette::build(root).await?;
        let Some(wrapper) = wrapper else {
            return Ok(Self {
                root: root.to_owned(),
                palette,
                contained: None,
            });
        };
        let crates = open_folder()?;
        let palette = palette.gathered(crates.path())?;
        for file in fs::read_dir(crates.path())? {
            containment::open_to_all(&file?.path())?;
        }
        Ok(Self {
            root: root.to_owned(),
            palette,
            contained: Some(Contained {
                wrapper: wrapper.clone(),
                toolchain: toolchain(root).await?,
                crates,
            }),
        })
    }

    /// Compiles a step's programs from `folder`, which is laid out like `lessons/`.
    ///
    /// # Errors
    /// What is not the submission's fault.
    pub async fn compile(&self, folder: &Path, step: &Step) -> anyhow::Result<Compiled> {
        let Some(contained) = &self.contained else {
            return match self.palette.compile(folder, step).await {
                Ok(built) => Ok(Compiled::Ready(Programs {
                    files: built.programs.clone(),
                    compiler_cpu: Duration::ZERO,
                    _built: Some(built),
                    _folder: None,
                })),
                Err(CompileError::Rejected(words)) => {
                    let words = shortened(&words);
                    Ok(Compiled::Rejected(Status::CompileError, words))
                }
                Err(CompileError::Environment(error)) => Err(error),
            };
        };
        let out = open_folder()?;
        let mut files = Vec::new();
        let mut compiler_cpu = Duration::ZERO;
        for program in &step.programs {
            let sources = folder.join(&step.folder);
            match self.rustc(contained, &sources, program, out.path()).await? {
                Ok((file, cpu)) => {
                    files.push((program.id, file));
                    compiler_cpu += cpu;
                }
                Err((status, words)) => return Ok(Compiled::Rejected(status, words)),
            }
        }
        Ok(Compiled::Ready(Programs {
            files,
            compiler_cpu,
            _built: None,
            _folder: Some(out),
        }))
    }

    async fn rustc(
        &self,
        contained: &Contained,
        sources: &Path,
        program: &Program,
        out: &Path,
    ) -> anyhow::Result<Result<(PathBuf, Duration), (Status, String)>> {
        let output = out.join(format!("{}.out", program.binary));
        fs::create_dir(&output)?;
        containment::open_to_all(&output)?;
        let report = out.join(format!("{}.json", program.binary));
        let made = output.join(&program.binary);
        let inputs = [sources.to_owned(), contained.crates.path().to_owned()];
        let mut spec = Spec::compile(&contained.toolchain, &inputs, &output).reporting_to(&report);
        // The same place as `check` has, so that rustc names files the same way.
        spec.working_dir = sources.to_owned();
        let rustc = contained.toolchain.join("bin/rustc");
        let mut command = contained.wrapper.command(&spec, &rustc);
        command
            .args(
                self.palette
                    .arguments(&program.source, &program.binary, &made),
            )
            .current_dir(&self.root)
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
        let mut words = Vec::new();
        if let Some(stderr) = child.stderr.take() {
            // The pipe closes after that, and who goes on writing ends.
            let _ = stderr.take(MOST_WORDS).read_to_end(&mut words).await;
        }
        child.wait().await?;
        let words = shortened(&String::from_utf8_lossy(&words));
        let report = Report::read(&report).context("the compiler's jail left no report")?;
        match report.ending {
            Ending::Exited(0) => {
                let program = out.join(&program.binary);
                take_over(&made, &program)?;
                Ok(Ok((program, Duration::from_millis(report.cpu_ms))))
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

/// Puts the program where no jail can change it any more.
fn take_over(made: &Path, program: &Path) -> anyhow::Result<()> {
    let kind = fs::symlink_metadata(made).context("rustc made no program")?;
    if !kind.is_file() {
        bail!("rustc made something that is no program");
    }
    fs::rename(made, program).context("keeping the program")?;
    containment::own(program).context("keeping the program")?;
    containment::open_to_all(program)?;
    Ok(())
}

/// The first lines, up to `MOST_WORDS`.
fn shortened(words: &str) -> String {
    let most = usize::try_from(MOST_WORDS).unwrap_or(usize::MAX);
    if words.len() < most {
        return words.to_owned();
    }
    let is_boundary = |end: &usize| words.is_char_boundary(*end);
    let end = (0..=most).rev().find(is_boundary).unwrap_or_default();
    format!("{}\n… and more\n", &words[..end])
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
