//! Which tasks were done, and which of them twice, as far as an LED tells it.

use std::collections::BTreeMap;

/// How many tasks were done twice: of those that are due, each is done, in order, but that a new life
/// may begin with the one that the life before was killed over. Nothing, where it was not so.
pub(super) fn done_twice(due: &[bool], lives: &[Vec<bool>]) -> Option<usize> {
    // How many may be done so far, and how many of them twice.
    let mut reached = BTreeMap::from([(0, 0)]);
    for (number, life) in lives.iter().enumerate() {
        let mut next: BTreeMap<usize, usize> = BTreeMap::new();
        for (done, twice) in reached {
            let again = (number > 0 && done > 0 && !life.is_empty()).then(|| (done - 1, twice + 1));
            for (begin, twice) in [Some((done, twice)), again].into_iter().flatten() {
                let end = begin + life.len();
                if due.get(begin..end) == Some(life.as_slice()) {
                    let least = next.entry(end).or_insert(twice);
                    *least = twice.min(*least);
                }
            }
        }
        reached = next;
    }
    reached.get(&due.len()).copied()
}

#[cfg(test)]
mod tests {
    use super::done_twice;

    const DUE: [bool; 4] = [true, false, false, true];

    #[test]
    fn each_task_is_done_in_order_and_one_may_be_done_again_after_a_kill() {
        let lives = |lives: &[&[bool]]| lives.iter().map(|life| life.to_vec()).collect::<Vec<_>>();
        let twice = |all: &[&[bool]]| done_twice(&DUE, &lives(all));
        assert_eq!(twice(&[&DUE]), Some(0));
        assert_eq!(twice(&[&DUE[..2], &[], &DUE[2..]]), Some(0));
        assert_eq!(twice(&[&DUE[..2], &DUE[1..]]), Some(1));
        assert_eq!(twice(&[&DUE[..2], &DUE[..]]), None, "two done again");
        assert_eq!(twice(&[&DUE[..1], &DUE[2..]]), None, "one left out");
        assert_eq!(twice(&[&[true, true, false, false, true]]), None, "no kill");
    }
}
