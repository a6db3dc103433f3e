//! Step 0 is not checked, but its chapter builds a program before the learner's eyes: each version
//! of it compiles, and does what the chapter says of it.

use std::fs;

use anyhow::{Context, ensure};
use arena::broker::{Broker, BrokerChoice};
use arena::record::{End, Entry};
use checks::actor::{Actor, PROMPT};
use checks::call::Call;
use checks::corpus::{Expectation, Program, solution};
use checks::queries;
use checks::stage::Security;
use course::{starters, step_zero};
use libtest_mimic::Trial;

use super::signals::{DARK, missed, shines};
use super::{play, root, signals, stage, test};

pub fn tests() -> Vec<Trial> {
    let step = step_zero().name();
    let mut tests = signals::tests(step_zero());
    let name = format!("chapter {step} leads to the solution");
    tests.push(test(name, leads_to_the_solution));
    // Nobody can be asked to end on Windows.
    if cfg!(unix) {
        tests.push(play(format!("chapter {step} thread"), ends_with_main));
        tests.push(play(format!("chapter {step} channel"), leaves_the_lamp_on));
    }
    tests
}

/// The program of the chapter, change by change.
struct Versions {
    thread: String,
    channel: String,
    guard: String,
}

impl Versions {
    /// The starter, and then what the chapter shows, where it says that it goes.
    fn make() -> anyhow::Result<Self> {
        let (root, step) = (root()?, step_zero());
        let shown = |anchor: &str| {
            let file = format!("book/listings/{}/device/{anchor}.rs", step.folder);
            fs::read_to_string(root.join(&file)).with_context(|| file)
        };
        let source = &step
            .programs
            .first()
            .context("step 0 has a program")?
            .source;
        let starters = starters::of_step(&root.join("solutions"), step)?;
        let starter = starters.into_iter().find(|it| it.file.ends_with(source));
        let starter = starter.context("step 0 has no starter")?.text;
        let (thread, channel, guard) = (shown("thread")?, shown("channel")?, shown("guard")?);

        let threaded = put(&starter, "    follow_the_light(board);\n", &thread)?;
        let threaded = on_top(&threaded, "use std::thread;\n")?;
        let waiting = put(&threaded, &thread, &format!("{thread}{channel}"))?;
        let waiting = on_top(&waiting, "use std::sync::mpsc;\n")?;
        Ok(Self {
            guard: put(&waiting, &thread, &format!("{guard}{thread}"))?,
            channel: waiting,
            thread: threaded,
        })
    }
}

/// The same with `new` in the place of `old`, which is there once.
fn put(source: &str, old: &str, new: &str) -> anyhow::Result<String> {
    let times = source.matches(old).count();
    ensure!(times == 1, "`{old}` is there {times} times:\n{source}");
    Ok(source.replacen(old, new, 1))
}

/// The same with this line above all others that import something.
fn on_top(source: &str, line: &str) -> anyhow::Result<String> {
    let place = source.find("use ").context("it imports nothing")?;
    let (before, after) = source.split_at(place);
    Ok(format!("{before}{line}{after}"))
}

/// Comments apart, of which the starter has another, and how the lines are indented.
fn leads_to_the_solution() -> anyhow::Result<()> {
    let step = step_zero();
    let solution = solution(&root()?, step)?;
    let [text] = Vec::from_iter(solution.sources.into_values())
        .try_into()
        .map_err(|_| anyhow::anyhow!("one source is expected"))?;
    let made = Versions::make()?.guard;
    ensure!(
        code(&made) == code(&text),
        "the chapter leads to this:\n{made}"
    );
    Ok(())
}

fn code(source: &str) -> Vec<&str> {
    let lines = source.lines().map(str::trim);
    let is_code = |line: &&str| !line.is_empty() && !line.starts_with("//");
    lines.filter(is_code).collect()
}

/// `main` has nothing to do beside the thread, and ends at once.
async fn ends_with_main() -> anyhow::Result<()> {
    let actor = begin(Versions::make()?.thread).await?;
    let end = |entries: &[Entry]| queries::end(entries);
    let end = actor.record.when(0, PROMPT, end).await.map_err(missed)?;
    ensure!(end == End::Exited(0), "it ends like this: {end:?}");
    Ok(())
}

/// Ctrl-C ends `main`, and nobody puts the LED out.
async fn leaves_the_lamp_on() -> anyhow::Result<()> {
    let actor = begin(Versions::make()?.channel).await?;
    shines(&actor).await.context("it never shines")?;
    actor.leave().await;
    let entries = actor.record.freeze();
    let end = queries::end(&entries);
    ensure!(
        end == Some(End::Left(Some(0))),
        "it ends like this: {end:?}"
    );
    ensure!(queries::led(&entries) == Some(true), "its LED is out");
    Ok(())
}

/// Compiles this program, and starts it in the dark.
async fn begin(source: String) -> anyhow::Result<Actor> {
    let step = step_zero();
    let program = step.programs.first().context("step 0 has a program")?;
    let version = Program {
        step,
        name: "version".to_owned(),
        about: String::new(),
        expected: Expectation::Pass,
        sources: [(program.source.clone().into(), source)].into(),
        unchanged: Vec::new(),
    };
    let built = stage().await?.compile(&version).await?;
    let call = Call::new(step, &built, 0, &BrokerChoice::Embedded);
    let broker = Broker::start(&call.broker).await?;
    let link = Security::link(None);
    let actor = Actor::prepare(program, "Chapter-5f2c81", &broker, link, &[DARK], 50).await?;
    actor.start(&call).await?;
    Ok(actor)
}
