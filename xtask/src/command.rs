//! What each command does.

mod bench;
mod book;
mod check;
mod diff;
mod doctor;
mod handout;
mod hint;
mod mutants;
mod new_step;
mod overview;
mod package;
mod pi;
mod puzzle;
mod reset;
mod run;
mod serve;
mod start;
mod starters;
mod watch;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::lesson;
use terminal::workspace;

/// Runs a command.
///
/// # Errors
/// What keeps the command from being carried out; a failed check is not among that.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    match cli.command {
        None => overview::next(&root),
        Some(Command::List) => overview::list(&root),
        Some(Command::Check(arguments)) if arguments.mutants => {
            mutants::run(&root, &arguments).await
        }
        Some(Command::Check(arguments))
            if arguments.step.as_deref().is_some_and(course::is_page) =>
        {
            // The other program reads the same command line.
            let arguments: Vec<_> = std::env::args_os().skip(2).collect();
            package::BROWSER.run(&root, "browser", &arguments)
        }
        Some(Command::Check(arguments)) if puzzle::is_meant(&arguments) => {
            puzzle::check(&root, &arguments).await
        }
        Some(Command::Check(arguments)) => check::run(&root, &arguments).await,
        Some(Command::Watch { step }) => watch::run(&root, step.as_deref()).await,
        Some(Command::Hint { step }) => hint::run(&root, step.as_deref()),
        Some(Command::Diff { step }) => diff::run(&root, step.as_deref()),
        Some(Command::Puzzle { number: None }) => puzzle::list(&root),
        Some(Command::Puzzle {
            number: Some(number),
        }) => puzzle::lay_out(&root, number),
        Some(Command::Reset {
            step: Some(name), ..
        }) if name == lesson::PUZZLE => puzzle::reset(&root),
        Some(Command::Reset { step, file }) => reset::run(&root, step.as_deref(), file.as_deref()),
        Some(Command::Start { step, force }) => start::run(&root, step.as_deref(), force).await,
        Some(Command::Doctor) => doctor::run(&root).await,
        Some(Command::Book { arguments }) => book::run(&root, &arguments),
        Some(Command::Bench(bench)) => bench::run(&root, bench).await,
        Some(Command::Broker(broker)) if broker.classroom || broker.cluster.is_some() => {
            // The other program reads the same command line.
            let arguments: Vec<_> = std::env::args_os().skip(2).collect();
            if broker.classroom {
                package::CLASSROOM.run(&root, "classroom", &arguments)
            } else {
                package::CLUSTER.run(&root, "cluster", &arguments)
            }
        }
        Some(Command::Broker(broker)) => serve::broker(&root, &broker).await,
        Some(Command::Board(arguments)) => serve::board(&arguments).await,
        Some(Command::Pi(arguments)) => pi::run(&root, &arguments),
        Some(Command::Run(arguments)) => run::run(&root, &arguments).await,
        Some(Command::Grade { arguments }) => package::GRADE.run(&root, "grade", &arguments),
        Some(Command::Gradescope { arguments }) => {
            package::GRADE.run(&root, "gradescope", &arguments)
        }
        Some(Command::Handout { folder, puzzles }) => handout::run(&root, &folder, puzzles),
        Some(Command::Starters { check }) => starters::run(&root, check),
        Some(Command::NewStep { name }) => new_step::run(&root, &name),
    }
}
