//! Which tasks were done, and which of them twice, as far as an LED tells it.

use std::collections::{BTreeMap, BTreeSet};

/// How many tasks were done twice: of those that are due, each is done, in order, but that a new life
/// may begin with the one that the life before was killed over. Nothing, where it was not so.
pub(super) fn done_twice(due: &[bool], lives: &[Vec<bool>]) -> Option<usize> {
    // How many may be done so far, and how many of them twice.
    let mut reached = BTreeMap::from([(0, 0)]);
    for (number, life) in lives.iter().enumerate() {
        let mut next: BTreeMap<usize, usize> = BTreeMap::new();
        for (done, twice) in reached {
            let again = (number > 0 && done > 0).then(|| (done - 1, twice + 1));
            for (begin, twice) in [Some((done, twice)), again].into_iter().flatten() {
                for end in ends(&due[begin..], life) {
                    let least = next.entry(begin + end).or_insert(twice);
                    *least = twice.min(*least);
                }
            }
        }
        reached = next;
    }
    reached.get(&due.len()).copied()
}

/// How many of these tasks a life may have done that told its LED so much. An LED that is as a task
/// wants it need not be told.
fn ends(due: &[bool], told: &[bool]) -> Vec<usize> {
    // How much of what was told the tasks so far may account for. At first the LED is off.
    let (mut accounted, mut led) = (BTreeSet::from([0]), false);
    let mut ends = Vec::new();
    for done in 0..=due.len() {
        if accounted.contains(&told.len()) {
            ends.push(done);
        }
        let Some(on) = due.get(done).copied() else {
            break;
        };
        let left_out = accounted.iter().copied().filter(|_| on == led);
        let is_next = accounted.iter().filter(|at| told.get(**at) == Some(&on));
        accounted = is_next.map(|at| at + 1).chain(left_out).collect();
        led = on;
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::done_twice;

    const DUE: [bool; 4] = [true, false, false, true];

    fn twice(lives: &[&[bool]]) -> Option<usize> {
        let lives: Vec<Vec<bool>> = lives.iter().map(|life| life.to_vec()).collect();
        done_twice(&DUE, &lives)
    }

    #[test]
    fn each_task_is_done_in_order_and_one_may_be_done_again_after_a_kill() {
        assert_eq!(twice(&[&DUE]), Some(0));
        assert_eq!(twice(&[&DUE[..2], &[], &DUE[2..]]), Some(0));
        assert_eq!(twice(&[&DUE[..2], &DUE[1..]]), Some(1));
        assert_eq!(twice(&[&DUE[..2], &DUE[..]]), None, "two done again");
        assert_eq!(twice(&[&[true, true]]), None, "two left out");
        assert_eq!(twice(&[&[true, true, false, false, true]]), None, "no kill");
    }

    #[test]
    fn an_led_that_is_as_a_task_wants_it_need_not_be_told() {
        assert_eq!(twice(&[&[true, false, true]]), Some(0));
        // The second life begins with an LED that is off.
        assert_eq!(twice(&[&[true, false], &[true]]), Some(0));
        assert_eq!(
            twice(&[&[true], &[true]]),
            Some(0),
            "the tasks between the two change nothing"
        );
        assert_eq!(twice(&[&[false, true]]), None, "the first one is a change");
        assert_eq!(twice(&[&[true, false]]), None, "and so is the last");
    }
}
