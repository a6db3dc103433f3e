//! Fingerprints of a text by winnowing (Schleimer, Wilkerson and Aiken, SIGMOD 2003): every run of a few tokens is
//! hashed, and of every few hashes the least is kept.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::tokens::{Token, tokens};

/// Tokens in a run: shorter ones occur in every Rust program.
pub(super) const RUN: usize = 10;
/// Hashes of which one is kept: a shared run of `RUN + WINDOW - 1` tokens is always found.
const WINDOW: usize = 4;

/// How tokens are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Exact,
    /// All names that are not Rust's own are the same.
    Nameless,
}

/// Kept hashes, each with the line it first stands on.
pub(super) type Prints = HashMap<u64, usize>;

/// The hashes of all runs of the starter, not only those winnowing keeps: a neighbour changed by the learner changes
/// what is kept.
pub(super) fn all(starter: &str, view: View) -> HashSet<u64> {
    let runs = runs(&tokens(starter), view);
    runs.into_iter().map(|(hash, _)| hash).collect()
}

/// What winnowing keeps of a text, without what was `given`.
pub(super) fn kept(text: &str, view: View, given: &HashSet<u64>) -> Prints {
    let runs = runs(&tokens(text), view);
    let mut kept = Prints::new();
    for window in runs.windows(WINDOW.min(runs.len()).max(1)) {
        // The last of equals, so that a repeated run is kept as seldom as can be.
        if let Some((hash, line)) = window.iter().rev().min_by_key(|(hash, _)| *hash)
            && !given.contains(hash)
        {
            kept.entry(*hash).or_insert(*line);
        }
    }
    kept
}

/// The hash and the first line of every run of tokens.
fn runs(tokens: &[Token], view: View) -> Vec<(u64, usize)> {
    let runs = tokens.windows(RUN);
    runs.map(|run| (hash_of(run, view), run[0].line)).collect()
}

/// The hash of one run.
pub(super) fn hash_of(run: &[Token], view: View) -> u64 {
    let mut hasher = DefaultHasher::new();
    for token in run {
        match view {
            View::Nameless if token.is_name() => "_".hash(&mut hasher),
            _ => token.text.hash(&mut hasher),
        }
    }
    hasher.finish()
}
