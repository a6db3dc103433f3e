//! The rounds of a batch: all side by side; then those whose verdicts could have come from a greedy neighbour, without
//! such neighbours; and what is doubtful still, alone.

use std::sync::Arc;

use course::verdict::Status;
use course::wording::counted;
use terminal::interrupt::Interrupts;
use tokio::task::JoinSet;

use crate::account::{Account, Task};
use crate::examine::{Examiner, RUNNING_PER_COMPILING};
use crate::neighbours::{Doubts, Examined};
use crate::progress::Progress;

/// Checks all, and records each verdict as soon as it is certain. Tells whether all were checked.
///
/// # Errors
/// When the journal cannot be written.
pub async fn check_all(
    examiner: Arc<Examiner>,
    tasks: Vec<Task>,
    jobs: usize,
    account: &mut Account,
) -> anyhow::Result<bool> {
    let mut rounds = Rounds {
        examiner,
        jobs,
        account,
        progress: Progress::new(tasks.len()),
        interrupts: Interrupts::listen()?,
    };
    let Some(doubtful) = rounds.side_by_side(tasks).await? else {
        return Ok(false);
    };
    if !doubtful.is_empty() {
        let count = doubtful.len();
        rounds.progress.say(&format!(
            "{} again.\n",
            counted(
                count,
                "verdict could have come from the machine's load, and is made",
                "verdicts could have come from the machine's load, and are made"
            )
        ))?;
    }
    // Who only failed keeps nobody from anything: together they are as good as alone, and done sooner.
    let is_quiet = |examined: &Examined<Task>| examined.verdict.status == Status::Fail;
    let (quiet, mut last): (Vec<_>, Vec<_>) = doubtful.into_iter().partition(is_quiet);
    if quiet.len() > 1 {
        let Some(still) = rounds.side_by_side(tasks_of(quiet)).await? else {
            return Ok(false);
        };
        last.extend(still);
    } else {
        last.extend(quiet);
    }
    rounds.alone(tasks_of(last)).await
}

fn tasks_of(examined: Vec<Examined<Task>>) -> Vec<Task> {
    examined.into_iter().map(|examined| examined.task).collect()
}

struct Rounds<'a> {
    examiner: Arc<Examiner>,
    jobs: usize,
    account: &'a mut Account,
    progress: Progress,
    interrupts: Interrupts,
}

impl Rounds<'_> {
    /// Checks as many at a time as there is room for, and gives back what is doubtful; `None` when somebody
    /// interrupted.
    async fn side_by_side(
        &mut self,
        tasks: Vec<Task>,
    ) -> anyhow::Result<Option<Vec<Examined<Task>>>> {
        let mut tasks = tasks.into_iter();
        let mut running = JoinSet::new();
        let mut doubts = Doubts::default();
        loop {
            // No more than can run: what is compiled lies on the disk until it is played.
            while running.len() < self.jobs * (1 + RUNNING_PER_COMPILING) {
                let Some(task) = tasks.next() else { break };
                let examiner = Arc::clone(&self.examiner);
                running.spawn(async move { examiner.examine(task).await });
            }
            tokio::select! {
                done = running.join_next() => {
                    let Some(done) = done else { return Ok(Some(doubts.doubtful)) };
                    for examined in doubts.weigh(done?) {
                        self.record(examined)?;
                    }
                }
                // Leaving drops what runs, and that ends it.
                () = self.interrupts.next() => return Ok(None),
            }
        }
    }

    /// Checks one after the other. Tells whether all were checked.
    async fn alone(&mut self, tasks: Vec<Task>) -> anyhow::Result<bool> {
        for task in tasks {
            let examined = tokio::select! {
                examined = self.examiner.examine_alone(task) => examined,
                () = self.interrupts.next() => return Ok(false),
            };
            self.record(examined)?;
        }
        Ok(true)
    }

    fn record(&mut self, examined: Examined<Task>) -> anyhow::Result<()> {
        let Examined { task, verdict, .. } = examined;
        self.account.checked(task.learner, verdict)?;
        self.progress.step();
        Ok(())
    }
}
