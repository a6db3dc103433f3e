//! Who plays beside whom, and which verdicts could have come from that: from the machine's load, and not from the
//! program. Those are no verdicts yet; the program is played again, alone.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use course::verdict::{Status, Verdict};
use tokio::time::sleep;

/// How often it is looked how late this process comes to what it wanted to do.
const BEAT: Duration = Duration::from_millis(50);
/// As late as this, a program may have waited for the machine, and the scenes for the program. Programs give up on
/// their board after five seconds.
const LATE: Duration = Duration::from_secs(1);
/// The same where nobody of ours can be the cause.
const LATE_ALONE: Duration = Duration::from_secs(2);

/// Bytes of memory of this process beyond which fewer are played at once.
const MOST: u64 = 280 << 20;

/// Bytes of memory that one program may make this process take while it plays alone.
const MOST_ALONE: u64 = 160 << 20;

/// All that play now, each with everybody who has played beside it so far.
#[derive(Debug, Default)]
pub struct Neighbours {
    playing: Mutex<Playing>,
}

#[derive(Debug, Default)]
struct Playing {
    next: u64,
    now: BTreeMap<u64, BTreeSet<u64>>,
}

/// How one program was played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    number: u64,
    /// Who played at the same time.
    beside: BTreeSet<u64>,
    /// The longest that this process came too late.
    late: Duration,
}

impl Neighbours {
    /// Whether nobody plays.
    pub fn are_gone(&self) -> bool {
        self.lock().now.is_empty()
    }

    /// Plays to the end, and tells beside whom. `None` when there is no memory for so many, and this was the last that
    /// began, or when it took too much alone: what it had is free again then.
    pub async fn beside<T>(
        self: &Arc<Self>,
        play: impl Future<Output = T>,
        resident: impl Fn() -> u64,
    ) -> (Option<T>, Company) {
        let turn = Turn::begin(self);
        let before = resident();
        let mut play = pin!(play);
        let mut late = Duration::ZERO;
        let played = loop {
            let asked = Instant::now();
            let played = tokio::select! {
                played = &mut play => Some(played),
                () = sleep(BEAT) => None,
            };
            late = late.max(asked.elapsed().saturating_sub(BEAT));
            let is_too_much = |resident: u64| match self.place(turn.number) {
                Place::LastOfMany => resident > MOST,
                Place::Alone => resident > before.saturating_add(MOST_ALONE),
                Place::Other => false,
            };
            if played.is_some() || is_too_much(resident()) {
                break played;
            }
        };
        let beside = turn.end();
        let company = Company {
            number: turn.number,
            beside,
            late,
        };
        (played, company)
    }

    fn place(&self, number: u64) -> Place {
        let playing = self.lock();
        let last = playing.now.last_key_value();
        match playing.now.len() {
            1 => Place::Alone,
            _ if last.is_some_and(|(last, _)| *last == number) => Place::LastOfMany,
            _ => Place::Other,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Playing> {
        self.playing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a program stands among those that play.
enum Place {
    Alone,
    LastOfMany,
    Other,
}

/// One program's time on stage; it is over at the latest when this is dropped.
struct Turn {
    neighbours: Arc<Neighbours>,
    number: u64,
}

impl Turn {
    fn begin(neighbours: &Arc<Neighbours>) -> Self {
        let mut playing = neighbours.lock();
        let number = playing.next;
        playing.next += 1;
        let others = playing.now.keys().copied().collect();
        for beside in playing.now.values_mut() {
            beside.insert(number);
        }
        playing.now.insert(number, others);
        drop(playing);
        Self {
            neighbours: Arc::clone(neighbours),
            number,
        }
    }

    fn end(&self) -> BTreeSet<u64> {
        let mut playing = self.neighbours.lock();
        playing.now.remove(&self.number).unwrap_or_default()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.end();
    }
}

/// A verdict, and in what company it came about; `None` when nothing was played.
#[derive(Debug)]
pub struct Examined<T> {
    /// What was examined.
    pub task: T,
    /// The verdict.
    pub verdict: Verdict,
    /// See there.
    pub company: Option<Company>,
}

/// Verdicts that wait until it is known who their neighbours were.
#[derive(Debug)]
pub struct Doubts<T> {
    ended: BTreeSet<u64>,
    loud: BTreeSet<u64>,
    waiting: Vec<Examined<T>>,
    /// To be played again.
    pub doubtful: Vec<Examined<T>>,
}

impl<T> Default for Doubts<T> {
    fn default() -> Self {
        Self {
            ended: BTreeSet::new(),
            loud: BTreeSet::new(),
            waiting: Vec::new(),
            doubtful: Vec::new(),
        }
    }
}

impl<T> Doubts<T> {
    /// Takes what came next, and gives back all that is certain by now.
    pub fn weigh(&mut self, examined: Examined<T>) -> Vec<Examined<T>> {
        if let Some(company) = &examined.company {
            self.ended.insert(company.number);
            if is_loud(examined.verdict.status) {
                self.loud.insert(company.number);
            }
        }
        self.waiting.push(examined);
        let mut certain = Vec::new();
        for examined in mem::take(&mut self.waiting) {
            match self.is_certain(&examined) {
                Some(true) => certain.push(examined),
                Some(false) => self.doubtful.push(examined),
                None => self.waiting.push(examined),
            }
        }
        certain
    }

    /// `None` while somebody beside it still plays.
    fn is_certain(
        &self,
        Examined {
            verdict, company, ..
        }: &Examined<T>,
    ) -> Option<bool> {
        match verdict.status {
            // No load makes a program right, or take what it does not take.
            Status::Pass | Status::CompileError | Status::ResourceLimit => return Some(true),
            Status::Timeout | Status::InfraError => return Some(false),
            Status::Fail => {}
        }
        let Some(company) = company else {
            return Some(true);
        };
        if company.late >= LATE || !company.beside.is_disjoint(&self.loud) {
            return Some(false);
        }
        company.beside.is_subset(&self.ended).then_some(true)
    }
}

/// Whether such a program may have kept the machine from others.
fn is_loud(status: Status) -> bool {
    match status {
        Status::Timeout | Status::ResourceLimit | Status::InfraError => true,
        Status::Pass | Status::Fail | Status::CompileError => false,
    }
}

/// What is wrong with the machine, where even alone on it a program had to wait too long for a verdict.
pub fn too_busy(verdict: &Verdict, company: Option<&Company>) -> Option<String> {
    let late = company?.late;
    let is_doubtful = matches!(verdict.status, Status::Fail | Status::Timeout);
    (is_doubtful && late >= LATE_ALONE).then(|| {
        format!(
            "this machine was so busy with something else that the grader itself waited {} s",
            late.as_secs()
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use course::verdict::examples::verdict;

    use super::*;

    fn examined(
        task: &'static str,
        status: Status,
        company: Option<(u64, &[u64], u64)>,
    ) -> Examined<&'static str> {
        Examined {
            task,
            verdict: verdict("step1", status, "pf"),
            company: company.map(|(number, beside, late)| Company {
                number,
                beside: beside.iter().copied().collect(),
                late: Duration::from_millis(late),
            }),
        }
    }

    fn names(examined: &[Examined<&'static str>]) -> Vec<&'static str> {
        examined.iter().map(|examined| examined.task).collect()
    }

    #[test]
    fn a_failure_waits_for_its_neighbours_and_a_loud_one_makes_it_doubtful() {
        let mut doubts = Doubts::default();
        let failed = examined("ada", Status::Fail, Some((1, &[0, 2, 3], 10)));
        assert_eq!(names(&doubts.weigh(failed)), [""; 0]);
        let passed = examined("bob", Status::Pass, Some((0, &[1, 2], 10)));
        assert_eq!(names(&doubts.weigh(passed)), ["bob"]);
        // Ended before the loud one began.
        let failed = examined("eve", Status::Fail, Some((2, &[0, 1], 10)));
        assert_eq!(names(&doubts.weigh(failed)), ["eve"]);
        let loud = examined("hog", Status::ResourceLimit, Some((3, &[1], 10)));
        assert_eq!(names(&doubts.weigh(loud)), ["hog"]);
        assert_eq!(names(&doubts.doubtful), ["ada"]);
    }

    #[test]
    fn what_only_load_can_do_is_doubtful_at_once() {
        let mut doubts = Doubts::default();
        for doubtful in [
            examined("late", Status::Fail, Some((0, &[], 1_000))),
            examined("timeout", Status::Timeout, Some((1, &[], 0))),
            examined("compiler", Status::Timeout, None),
            examined("ours", Status::InfraError, None),
        ] {
            assert_eq!(names(&doubts.weigh(doubtful)), [""; 0]);
        }
        assert_eq!(
            names(&doubts.doubtful),
            ["late", "timeout", "compiler", "ours"]
        );
        let alone = examined("alone", Status::Fail, Some((2, &[], 999)));
        assert_eq!(names(&doubts.weigh(alone)), ["alone"]);
    }

    #[test]
    fn on_a_busy_machine_nobody_fails() {
        let busy = examined("ada", Status::Fail, Some((0, &[], 2_500)));
        let words = too_busy(&busy.verdict, busy.company.as_ref()).unwrap();
        assert!(words.contains("waited 2 s"), "{words}");
        let passed = examined("ada", Status::Pass, Some((0, &[], 2_500)));
        assert_eq!(too_busy(&passed.verdict, passed.company.as_ref()), None);
    }

    #[tokio::test]
    async fn who_plays_at_the_same_time_is_beside() {
        let neighbours = Arc::new(Neighbours::default());
        let (first, second) = tokio::join!(
            neighbours.beside(tokio::task::yield_now(), || 0),
            neighbours.beside(tokio::task::yield_now(), || 0)
        );
        assert_eq!(first.1.beside, BTreeSet::from([1]));
        assert_eq!(second.1.beside, BTreeSet::from([0]));
        let (played, third) = neighbours.beside(async { 3 }, || MOST + 1).await;
        assert_eq!(played, Some(3));
        assert_eq!(third.beside, BTreeSet::new());
        assert!(neighbours.are_gone());
    }

    #[tokio::test]
    async fn without_memory_the_last_gives_way_and_the_first_goes_on() {
        let neighbours = Arc::new(Neighbours::default());
        let (end, ended) = tokio::sync::oneshot::channel();
        let first = neighbours.beside(ended, || MOST + 1);
        let second = async {
            let endless = std::future::pending::<()>();
            let (played, _) = neighbours.beside(endless, || MOST + 1).await;
            end.send(()).unwrap();
            played
        };
        let ((first, _), second) = tokio::join!(first, second);
        assert_eq!((first, second), (Some(Ok(())), None));
    }
}
