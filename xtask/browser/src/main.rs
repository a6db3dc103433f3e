//! `cargo xtask check browser`: a page that is a client, judged in a real browser.

use std::path::Path;
use std::process::ExitCode;

use anyhow::ensure;
use arena::broker::BrokerChoice;
use browser::Chromium;
use checks::subject::Subject;
use clap::Parser;
use course::verdict::{Status, Verdict};
use runner::cli::{Check, Format};
use runner::report::human;
use runner::report::spinner::Spinner;
use terminal::exit::{self, FAILED};
use terminal::interrupt::Interrupts;
use terminal::{say, workspace};

/// The runner's own arguments: it hands them over as they are.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask check")]
struct Arguments {
    #[command(flatten)]
    check: Check,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse().check;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(async {
            let mut interrupts = Interrupts::listen()?;
            tokio::select! {
                outcome = run(&arguments) => outcome,
                // Leaving this function drops the browser, which ends with it.
                () = interrupts.next() => Err(anyhow::anyhow!("interrupted")),
            }
        }),
        Err(error) => Err(error.into()),
    };
    exit::status(outcome)
}

async fn run(arguments: &Check) -> anyhow::Result<ExitCode> {
    ensure!(
        arguments.broker == BrokerChoice::Embedded
            && arguments.pcap.is_none()
            && !arguments.open
            && !arguments.mutants,
        "the page is checked on the kit's own broker. Beside --solutions and --subject, --seed, \
         --format and --verbose go with it"
    );
    let root = workspace::root()?;
    let subject = Subject::new(&root, arguments.solutions, arguments.subject.as_deref())?;
    let folder = subject.folder(&root).join(&course::page().folder);
    let chromium = Chromium::find()?;
    let seed = arguments
        .seed
        .unwrap_or_else(|| fastrand::u64(1..1_000_000));
    let spinner = Spinner::new("checking in a browser …");
    let verdict = browser::check(&chromium, &folder, seed).await?;
    drop(spinner);
    let verdict = Verdict {
        subject: subject.name(),
        ..verdict
    };
    say::out(&told(arguments, &verdict, &folder)?)?;
    Ok(match verdict.status {
        Status::Pass => ExitCode::SUCCESS,
        _ => ExitCode::from(FAILED),
    })
}

fn told(arguments: &Check, verdict: &Verdict, folder: &Path) -> anyhow::Result<String> {
    Ok(match arguments.format {
        Format::Json => serde_json::to_string(verdict)? + "\n",
        Format::Human => human::report(course::page(), verdict, folder, arguments.verbose) + "\n",
    })
}
