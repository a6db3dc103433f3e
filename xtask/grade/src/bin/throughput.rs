//! `cargo xtask bench grade`: how fast a class is graded, and whether the compiler is what it takes.

#[cfg(target_os = "linux")]
mod measure {
    use std::fs;
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    use anyhow::{Context, bail};
    use clap::Parser;
    use course::Step;
    use course::starters;
    use course::steps;
    use course::wording::counted;
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;
    use serde_json::Value;
    use tempfile::TempDir;
    use terminal::say;
    use terminal::workspace;

    /// Between two looks at the memory: each walks over all processes.
    const LOOK: Duration = Duration::from_millis(250);

    /// Measure how fast a class is graded
    #[derive(Debug, Parser)]
    #[command(name = "cargo xtask bench grade", bin_name = "cargo xtask bench grade")]
    struct Arguments {
        /// Submissions of four steps, all of them right
        #[arg(long, default_value_t = 100)]
        submissions: usize,
        /// How many programs are compiled at once
        #[arg(long)]
        jobs: Option<usize>,
    }

    pub fn run() -> anyhow::Result<()> {
        let arguments = Arguments::parse();
        let root = workspace::root()?;
        let folder = TempDir::new().context("no temporary folder")?;
        let class = folder.path().join("submissions");
        for number in 0..arguments.submissions {
            write(&root, &class.join(format!("learner-{number:03}")), number)?;
        }

        let grader = std::env::current_exe()?.with_file_name("grade");
        let mut command = Command::new(&grader);
        command
            .arg(&class)
            .arg("--out")
            .arg(folder.path().join("grades"))
            .current_dir(&root)
            .stdout(Stdio::null());
        if let Some(jobs) = arguments.jobs {
            command.arg("--jobs").arg(jobs.to_string());
        }
        let (begin, before) = (Instant::now(), children_cpu()?);
        let (status, peak) = watched(&mut command)?;
        let (wall, cpu) = (begin.elapsed().as_secs_f64(), children_cpu()? - before);
        if !status {
            bail!("the grader failed; run `cargo xtask grade` to see why");
        }
        let results = results(&folder.path().join("grades/results.json"))?;
        let learners = results["learners"].as_array().into_iter().flatten();
        let right = learners.filter(|learner| passed(learner)).count();
        let count = arguments.submissions as f64;
        let cores = thread::available_parallelism()?.get() as f64;
        let compiler = compilers_cpu(&results);
        say::out(&format!(
            "{right} of {} passed every step\n\
             {:.2} s a submission ({wall:.0} s in all)\n\
             {cpu:.0} CPU seconds, {compiler:.0} of them rustc's and its linker's: {:.0} %\n\
             {:.0} % of {cores} cores busy\n\
             {} MB of memory at most, over all processes; shared pages count for each\n",
            counted(arguments.submissions, "submission", "submissions"),
            wall / count,
            100.0 * compiler / cpu,
            100.0 * cpu / (wall * cores),
            peak >> 20,
        ))?;
        if right != arguments.submissions {
            bail!("a solution failed; `cargo xtask check --solutions` may say why");
        }
        Ok(())
    }

    /// The solutions, with something in them that nobody else has.
    fn write(root: &Path, folder: &Path, number: usize) -> anyhow::Result<()> {
        for step in steps() {
            for source in step.sources() {
                let path = Path::new(&step.folder).join(source);
                let text = starters::finished(&root.join("solutions").join(&path))?;
                let file = folder.join(path);
                fs::create_dir_all(file.parent().context("no folder")?)?;
                fs::write(file, format!("{text}const _OWN: usize = {number};\n"))?;
            }
        }
        Ok(())
    }

    fn results(file: &Path) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&fs::read_to_string(file)?)?)
    }

    /// Whether a learner has passed every step, those too that are worth no points.
    fn passed(learner: &Value) -> bool {
        let is_passed = |step: &Step| learner["verdicts"][step.name()]["status"] == "pass";
        steps().iter().all(is_passed)
    }

    /// CPU seconds of all runs of rustc and its linker, as their jails measured them.
    fn compilers_cpu(results: &Value) -> f64 {
        let learners = results["learners"].as_array().into_iter().flatten();
        let verdicts = learners.filter_map(|learner| learner["verdicts"].as_object());
        let times = verdicts.flat_map(|verdicts| verdicts.values());
        let times = times.filter_map(|verdict| verdict["timings"]["compiler_cpu_ms"].as_f64());
        times.sum::<f64>() / 1000.0
    }

    /// Runs to the end. Tells whether it succeeded, and the most memory that it and all it
    /// started held, in bytes.
    fn watched(command: &mut Command) -> anyhow::Result<(bool, u64)> {
        let peak = AtomicU64::new(0);
        let over = AtomicBool::new(false);
        let this = i32::try_from(std::process::id())?;
        thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    // Of the two ways to look, the one that does not disturb what is measured.
                    peak.fetch_max(
                        jail::tree::usage_by_parents(this).resident,
                        Ordering::Relaxed,
                    );
                    thread::sleep(LOOK);
                }
            });
            let status = command.status();
            over.store(true, Ordering::Relaxed);
            let status = status.context("the grader does not start")?;
            Ok((status.success(), peak.load(Ordering::Relaxed)))
        })
    }

    /// CPU seconds of all processes that have ended and were waited for, and of theirs.
    fn children_cpu() -> anyhow::Result<f64> {
        let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let time = used.user_time() + used.system_time();
        Ok(time.num_milliseconds() as f64 / 1000.0)
    }
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    terminal::exit::status(measure::run().map(|()| std::process::ExitCode::SUCCESS))
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("error: this measurement reads /proc, which only Linux has");
    std::process::exit(2);
}
