//! The operator's desk: a server, and what is typed to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use arena::record::{Entry, Missed};
use course::SERVER;

use super::ledger::{self, Broken, Order, STATE, TASKS, acknowledged, last_state, task_numbers};
use crate::actor::{Actor, PROMPT, ROUND};
use crate::findings::introduction::arrive;
use crate::findings::missed;
use crate::findings::payload::visible;
use crate::queries;
use crate::stage::{Stage, Stop};

/// What is no order is answered with what can be typed.
pub(super) const EXPLAINS: &str = "explains";

/// No order.
const NO_ORDER: &str = "?";

/// Who types to one life of a server.
#[derive(Debug)]
pub(super) struct Desk {
    /// The server.
    pub server: Arc<Actor>,
    /// All orders that it has to take, so far.
    pub typed: Vec<Order>,
    /// The number of its first task.
    first: u64,
    /// The line that ends its answer to what is no order.
    explanation: String,
    /// How often it was asked for that.
    asked: usize,
}

impl Desk {
    /// Sits down at a server whose next task has this number, and learns how it answers to what is no
    /// order: once it has done so, it has taken all that was typed before.
    ///
    /// # Errors
    /// [`Stop::Program`] when it does not answer.
    pub async fn open(stage: &mut Stage, server: &Arc<Actor>, first: u64) -> Result<Self, Stop> {
        let start = server.record.len();
        server.type_line(NO_ORDER).await;
        let answer = server.record.when(start, PROMPT, explanation).await;
        let explanation = answer.map_err(|why| unexplained(stage, server, NO_ORDER, &why))?;
        Ok(Self {
            server: Arc::clone(server),
            typed: Vec::new(),
            first,
            explanation,
            asked: 1,
        })
    }

    /// Types an order that has to be taken.
    pub async fn types(&mut self, order: Order) {
        self.typed.push(order);
        self.server.type_line(&order.line()).await;
    }

    /// Types all of them.
    pub async fn types_all(&mut self, orders: &[Order]) {
        for order in orders {
            self.types(*order).await;
        }
    }

    /// Types what is no order, and waits until that is answered: all that was typed before has been
    /// read by then.
    ///
    /// # Errors
    /// [`Stop::Program`] when it is not answered.
    pub async fn is_read(&mut self, stage: &mut Stage) -> Result<(), Stop> {
        // Twice, for a server may have said the same once by itself.
        for _ in 0..2 {
            self.server.type_line(NO_ORDER).await;
        }
        self.asked += 2;
        let explained = |entries: &[Entry]| {
            let lines = queries::printed(entries);
            let answers = lines.filter(|(_, line)| *line == self.explanation);
            (answers.count() >= self.asked).then_some(())
        };
        let answered = self.server.record.when(0, PROMPT, explained).await;
        answered.map_err(|why| unexplained(stage, &self.server, NO_ORDER, &why))
    }

    /// How many tasks it has to take, so far.
    pub fn tasks(&self) -> usize {
        let tasks = self.typed.iter();
        tasks.filter(|it| matches!(it, Order::Task(_))).count()
    }

    /// Whether this line is how it answers to what is no order.
    pub fn is_explanation(&self, line: &str) -> bool {
        line == self.explanation
    }

    /// How many tasks it has sent so far, however often each.
    pub fn tasks_sent(&self) -> usize {
        let numbers = |entries: &[Entry]| task_numbers(entries, &self.server.id);
        let numbers = self.server.record.look(numbers);
        numbers.into_iter().collect::<BTreeSet<_>>().len()
    }

    /// The number that the task has which was typed last.
    pub fn last(&self) -> u64 {
        self.first + self.tasks() as u64 - 1
    }

    /// The state that was typed last.
    fn state(&self) -> Option<bool> {
        self.typed.iter().rev().find_map(|order| match order {
            Order::State(on) => Some(*on),
            Order::Task(_) => None,
        })
    }

    /// Whether all that was typed has been acknowledged.
    fn is_done(&self, entries: &[Entry]) -> bool {
        let id = &self.server.id;
        let has_state = match self.state() {
            Some(on) => last_state(entries, id) == Some((on, true)),
            None => true,
        };
        has_state && acknowledged(entries, id).len() >= self.tasks()
    }

    /// Waits until the broker has all that was typed. What is missing is held against `rule`.
    ///
    /// # Errors
    /// The inner one names the rule that is broken.
    pub async fn is_sent(&self, rule: Option<&'static str>) -> Result<(), Broken> {
        let done = |entries: &[Entry]| self.is_done(entries).then_some(());
        let Err(why) = self.server.record.when(0, PROMPT, done).await else {
            return self.judge();
        };
        // What is wrong with what it did so far may tell more.
        self.judge()?;
        let missing = self.server.record.look(|entries| self.missing(entries));
        let is_state = matches!(missing, Order::State(_));
        let usual = if is_state { STATE } else { TASKS };
        let expected = match missing {
            Order::State(_) => format!("a message on {}/state, and its PUBACK", self.server.id),
            Order::Task(_) => {
                let so_far = self
                    .server
                    .record
                    .look(|it| acknowledged(it, &self.server.id).len());
                let next = self.first + so_far as u64;
                format!("task {next} on {}/tasks, and its PUBACK", self.server.id)
            }
        };
        let mut finding = missed(&self.server.record, expected, &why);
        if rule.is_none() && finding.hint.is_none() {
            finding = finding.hint(
                "What is typed goes out at once. Standard input is read in a thread of its own, which \
                 hands the order over with `try_publish`: an event loop that waits for a line hears \
                 and sends nothing.",
            );
        }
        Err((rule.unwrap_or(usual), finding))
    }

    fn missing(&self, entries: &[Entry]) -> Order {
        let tasks = acknowledged(entries, &self.server.id).len();
        let all = self.typed.iter().filter(|it| matches!(it, Order::Task(_)));
        match all.clone().nth(tasks) {
            Some(task) => *task,
            None => Order::State(self.state().unwrap_or_default()),
        }
    }

    /// Waits until it has published so much in its present connection, acknowledged or not.
    ///
    /// # Errors
    /// What came instead.
    pub async fn publishes(&self, since: usize, many: usize) -> Result<(), Missed> {
        let published =
            |entries: &[Entry]| (queries::published(entries).count() >= many).then_some(());
        self.server.record.when(since, PROMPT, published).await
    }

    /// Holds all that it has sent against what was typed.
    ///
    /// # Errors
    /// Names the rule that is broken.
    pub fn judge(&self) -> Result<(), Broken> {
        let judge =
            |entries: &[Entry]| ledger::judge(entries, &self.server.id, self.first, &self.typed);
        self.server.record.look(judge)
    }

    /// As [`Desk::judge`], and ends the scene when something is wrong.
    ///
    /// # Errors
    /// [`Stop::Program`] then.
    pub fn agrees(&self, stage: &mut Stage) -> Result<(), Stop> {
        let found = self.judge();
        found.map_err(|(rule, finding)| stage.stop(&self.server, rule, finding))
    }

    /// Waits until the broker accepts it, after this place in the record.
    ///
    /// # Errors
    /// [`Stop::Program`] when it does not come back: that is told elsewhere.
    pub async fn comes_back(&self, since: usize) -> Result<(), Stop> {
        let accepted = |entries: &[Entry]| entries.iter().any(queries::is_accepted).then_some(());
        let back = self.server.record.when(since, ROUND, accepted);
        back.await.map_err(|_| Stop::Program)
    }
}

/// A server that has come online on an empty folder, and somebody at its desk.
///
/// # Errors
/// [`Stop::Program`] when it does not come online, or does not answer.
pub(super) async fn sits_down(stage: &mut Stage) -> Result<(Arc<Actor>, Desk), Stop> {
    let server = stage.enter(SERVER, &[]).await?;
    arrive(stage, &server).await?;
    let desk = Desk::open(stage, &server, 1).await?;
    Ok((server, desk))
}

/// As [`sits_down`], where nothing of it is written down.
///
/// # Errors
/// As [`sits_down`].
pub(super) async fn at_the_desk(stage: &mut Stage) -> Result<(Arc<Actor>, Desk), Stop> {
    let (server, desk) = sits_down(stage).await?;
    server.redact(|redaction| redaction.nothing());
    Ok((server, desk))
}

/// The line that ends an answer with what can be typed, in whatever words.
fn explanation(entries: &[Entry]) -> Option<String> {
    let mut so_far = String::new();
    queries::printed(entries).find_map(|(_, line)| {
        so_far += &line.to_lowercase();
        let is_whole = so_far.contains("state") && so_far.contains("task");
        is_whole.then(|| line.to_owned())
    })
}

/// What was typed was not answered.
pub(super) fn unexplained(stage: &mut Stage, server: &Actor, typed: &str, why: &Missed) -> Stop {
    let expected = format!("after `{}`: a line with what can be typed", visible(typed));
    let finding = missed(&server.record, expected, why);
    stage.stop(server, EXPLAINS, finding)
}

/// Waits until the answer to one line that is no order is there.
///
/// # Errors
/// [`Stop::Program`] when it does not come.
pub(super) async fn is_explained(
    stage: &mut Stage,
    server: &Actor,
    typed: &str,
) -> Result<(), Stop> {
    let start = server.record.len();
    server.type_line(typed).await;
    let answer = server.record.when(start, PROMPT, explanation).await;
    answer
        .map(drop)
        .map_err(|why| unexplained(stage, server, typed, &why))
}
