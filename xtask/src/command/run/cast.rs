//! Which programs play, and whose they are.

use std::path::Path;

use anyhow::{Context, bail};
use live::stage::Player;

use crate::cli::Run;
use crate::lesson::{self, Work};
use crate::progress::Progress;
use checks::compile::{self, Built, CompileError};
use checks::subject::Subject;
use course::{DEVICE, FOLDER_OF_FIRMWARE, Program, ProgramId, SERVER, Step, steps};

/// The programs of a run.
#[derive(Debug)]
pub struct Cast {
    step: &'static Step,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    program: ProgramId,
    step: &'static Step,
    subject: Subject,
    /// Why the part is not taken by the step's own program.
    note: Option<String>,
    /// The names under which it runs, if several times.
    devices: Vec<String>,
}

/// Programs that can be started.
pub struct Crew {
    /// Who plays.
    pub players: Vec<Player>,
    /// What was built for that.
    pub kept: Vec<Built>,
}

impl Cast {
    /// From the command line: the step's own programs, and partners for them where it has none.
    ///
    /// # Errors
    /// When there is no such step, or it cannot have so many devices.
    pub fn choose(root: &Path, arguments: &Run) -> anyhow::Result<Self> {
        let subject = Subject::new(root, arguments.solutions, None)?;
        let progress = Progress::open(root)?;
        let last = steps().last().context("the course has no steps")?;
        let step = match &arguments.step {
            Some(name) => course::find_or_firmware(name)?,
            None if arguments.solutions => last,
            None => progress.next().unwrap_or(last),
        };
        let mut parts: Vec<Part> = step
            .programs
            .iter()
            .map(|program| Part {
                program: program.id,
                step,
                subject: subject.clone(),
                note: None,
                devices: names(program, arguments.devices),
            })
            .collect();
        if arguments.devices.is_some() && parts.iter().all(|part| part.devices.is_empty()) {
            bail!(
                "{} has one device at most. `--devices` is for steps that have several: {}",
                step.name(),
                several().join(", ")
            );
        }
        // A server alone has nothing to hear. A device alone is fine: the first steps are that.
        if parts.iter().all(|part| part.program != DEVICE) {
            parts.push(device_for(root, step, &subject, &progress)?);
        }
        if is_firmware(step) {
            parts.push(server_for(step, &subject)?);
        }
        for part in &parts {
            if part.subject == Subject::Lessons {
                lesson::is_whole(root, Work::on(part.step))?;
            }
        }
        Ok(Self { step, parts })
    }

    /// What is about to happen.
    pub fn words(&self) -> String {
        let mut words = format!("{}\n", self.title());
        for part in &self.parts {
            words += &format!("  {}: {}", part.program, part.source());
            if !part.devices.is_empty() {
                let each = "each with a board of its own";
                words += &format!(". It runs as {}, {each}", part.devices.join(", "));
            }
            if let Some(note) = &part.note {
                words += &format!(". {note}");
            }
            words.push('\n');
        }
        words
    }

    /// The number of the step.
    pub fn step(&self) -> u8 {
        self.step.number
    }

    /// Whether its programs encrypt their lines themselves.
    pub fn is_over_tls(&self) -> bool {
        self.step.tls
    }

    /// In a few words.
    pub fn title(&self) -> String {
        match is_firmware(self.step) {
            true => self.step.title.clone(),
            false => format!("Step {}, {}", self.step.number, self.step.title),
        }
    }

    /// Compiles the programs. They are there as long as what was built is kept. The inner error is
    /// rustc's, for the learner to read.
    ///
    /// # Errors
    /// Anything but the sources.
    pub async fn build(&self, root: &Path) -> anyhow::Result<Result<Crew, String>> {
        let (mut players, mut kept) = (Vec::new(), Vec::new());
        for part in &self.parts {
            let built = match compile::compile(root, &part.subject, part.step).await {
                Ok(built) => built,
                Err(CompileError::Rejected(words)) => {
                    return Ok(Err(format!(
                        "\n{words}\n{} does not compile: nothing was started. Mend what rustc \
                         says above, then run it again.\n",
                        part.source()
                    )));
                }
                Err(CompileError::Environment(error)) => return Err(error),
            };
            let program = built
                .programs
                .iter()
                .find_map(|(id, program)| (*id == part.program).then(|| program.clone()))
                .with_context(|| format!("there is no program for the {}", part.program))?;
            let known = part.step.program(part.program)?;
            players.push(Player {
                who: part.program,
                program,
                source: part.source(),
                keeps_files: known.keeps_files,
                takes_orders: known.takes_orders,
                devices: part.devices.clone(),
            });
            kept.push(built);
        }
        Ok(Ok(Crew { players, kept }))
    }
}

impl Part {
    fn source(&self) -> String {
        format!("{}/{}", self.subject.name(), self.step.folder)
    }
}

/// The names of a program's devices, if it is one that runs several times.
fn names(program: &Program, wanted: Option<u8>) -> Vec<String> {
    if program.instances == 1 {
        return Vec::new();
    }
    let last = wanted.unwrap_or(program.instances);
    (1..=last).map(|number| format!("device{number}")).collect()
}

/// The steps with a program that runs several times.
fn several() -> Vec<String> {
    let has = |step: &&Step| step.programs.iter().any(|program| program.instances > 1);
    steps().iter().filter(has).map(Step::name).collect()
}

fn is_firmware(step: &Step) -> bool {
    step.folder == FOLDER_OF_FIRMWARE
}

/// The server of the step whose device the firmware is.
fn server_for(firmware: &Step, subject: &Subject) -> anyhow::Result<Part> {
    let mut steps = steps().iter();
    let step = steps.find(|step| step.number == firmware.number);
    let step = step.context("the course has no step with that device")?;
    Ok(Part {
        program: SERVER,
        step,
        subject: subject.clone(),
        note: Some("It knows nothing of microcontrollers".to_owned()),
        devices: Vec::new(),
    })
}

/// A device from an earlier step: the learner's if it has passed, else the finished one.
fn device_for(
    root: &Path,
    step: &Step,
    subject: &Subject,
    progress: &Progress,
) -> anyhow::Result<Part> {
    let earlier = steps()
        .iter()
        .filter(|earlier| earlier.number < step.number)
        .rfind(|earlier| earlier.programs.iter().any(|it| it.id == DEVICE))
        .context("no earlier step has a device")?;
    let name = earlier.name();
    let (subject, note) = if *subject != Subject::Lessons {
        (
            subject.clone(),
            format!("This step has no device, so it is that of {name}"),
        )
    } else if progress.is_done(earlier) {
        (
            Subject::Lessons,
            format!("This step has no device, so it is yours of {name}"),
        )
    } else if root.join("solutions").is_dir() {
        (
            Subject::Solutions,
            format!(
                "This step has no device, and yours of {name} has not passed its check, so it is \
                 the finished one"
            ),
        )
    } else {
        (
            Subject::Lessons,
            format!(
                "This step has no device, so it is yours of {name}, which has not passed its check"
            ),
        )
    };
    Ok(Part {
        program: DEVICE,
        step: earlier,
        subject,
        note: Some(note),
        devices: Vec::new(),
    })
}
