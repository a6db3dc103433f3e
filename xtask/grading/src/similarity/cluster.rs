//! Pairs that hang together: who has copied from whom, in how many steps ever, is one thing to look at.

use std::collections::BTreeMap;

use super::Pair;

/// Learners of whom each is like another of them, in one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster<'a> {
    /// Id of the step.
    pub step: &'a str,
    /// Names of the learners, sorted.
    pub learners: Vec<&'a str>,
    /// Their pairs, the most alike first.
    pub pairs: Vec<&'a Pair>,
}

/// Each learner's representative, by step; whoever is none has another's.
type Leaders<'a> = BTreeMap<(&'a str, &'a str), &'a str>;

fn leader<'a>(leaders: &Leaders<'a>, step: &'a str, name: &'a str) -> &'a str {
    let mut at = name;
    while let Some(next) = leaders.get(&(step, at)) {
        at = next;
    }
    at
}

/// Puts pairs together, the clusters of the most learners first.
#[must_use]
pub fn clusters(pairs: &[Pair]) -> Vec<Cluster<'_>> {
    let mut leaders = Leaders::new();
    for pair in pairs {
        let (step, first, second) = (&*pair.step, &*pair.first, &*pair.second);
        let (one, other) = (
            leader(&leaders, step, first),
            leader(&leaders, step, second),
        );
        if one != other {
            leaders.insert((step, other), one);
        }
    }
    let mut found: BTreeMap<(&str, &str), Cluster> = BTreeMap::new();
    for pair in pairs {
        let step = &*pair.step;
        let by = (step, leader(&leaders, step, &pair.first));
        let cluster = found.entry(by).or_insert_with(|| Cluster {
            step,
            learners: Vec::new(),
            pairs: Vec::new(),
        });
        for learner in [&*pair.first, &*pair.second] {
            if let Err(place) = cluster.learners.binary_search(&learner) {
                cluster.learners.insert(place, learner);
            }
        }
        cluster.pairs.push(pair);
    }
    let mut found: Vec<Cluster> = found.into_values().collect();
    for cluster in &mut found {
        cluster
            .pairs
            .sort_by(|one, other| other.share.total_cmp(&one.share));
    }
    found.sort_by_key(|cluster| std::cmp::Reverse(cluster.learners.len()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_alike_in_a_chain_is_one_cluster() {
        let pair = |step: &str, first: &str, second: &str, share| Pair {
            first: first.into(),
            second: second.into(),
            step: step.into(),
            share,
            renamed: false,
            passages: Vec::new(),
            page: None,
        };
        let pairs = [
            pair("step1", "ada", "bob", 0.6),
            pair("step1", "eve", "zoe", 0.7),
            pair("step1", "bob", "eve", 0.9),
            pair("step1", "cyd", "dan", 0.8),
            pair("step2", "ada", "cyd", 0.8),
        ];
        let clusters = clusters(&pairs);
        let all: Vec<(&str, &[&str])> = clusters
            .iter()
            .map(|cluster| (cluster.step, cluster.learners.as_slice()))
            .collect();
        assert_eq!(
            all,
            [
                ("step1", &["ada", "bob", "eve", "zoe"][..]),
                ("step1", &["cyd", "dan"]),
                ("step2", &["ada", "cyd"]),
            ]
        );
        assert_eq!(clusters[0].pairs[0].share, 0.9);
    }
}
