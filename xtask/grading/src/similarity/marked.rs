//! Two texts that are alike, line by line: what both have, what was given to everybody, and what is somebody's own.

use std::collections::{HashMap, HashSet};

use super::fingerprint::{RUN, View, hash_of};
use super::tokens::{Token, tokens};

/// Lines of one text that are shown: several times what a solution has.
const MOST_LINES: usize = 1_500;
/// Letters of a line below which two alike are chance.
const SHORT: usize = 8;

/// What was given to everybody, as hashes of runs of tokens: the starter, and what more than half of the class has.
#[derive(Debug, Clone, Default)]
pub struct Given {
    pub(super) exact: HashSet<u64>,
    pub(super) nameless: HashSet<u64>,
    /// Lines of the starter, without the spaces around them.
    pub(super) lines: HashSet<String>,
}

/// Where a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// From the starter, or from most of the class.
    Given,
    /// Both have it.
    Shared,
    /// The other one does not have it.
    Own,
}

/// Lines of one kind that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What they are.
    pub kind: Kind,
    /// The number of the first one, counted from 1.
    pub from: usize,
    /// The lines, without their ends.
    pub lines: Vec<String>,
    /// Where the other text has the same, as the number of a line.
    pub twin: Option<usize>,
}

/// One of two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// All of it, in order, as far as it is shown.
    pub blocks: Vec<Block>,
    /// Lines that are not shown.
    pub left_out: usize,
}

/// One line while its kind is looked for.
#[derive(Debug, Clone, Copy)]
struct Line {
    kind: Option<Kind>,
    twin: Option<usize>,
}

/// Marks both texts; `renamed` as in [`Pair`](super::Pair).
#[must_use]
pub fn marked(first: &str, second: &str, given: &Given, renamed: bool) -> [Marked; 2] {
    let first = Text::new(first, renamed);
    let second = Text::new(second, renamed);
    [
        first.against(&second, given, renamed),
        second.against(&first, given, renamed),
    ]
}

struct Text<'a> {
    lines: Vec<&'a str>,
    left_out: usize,
    tokens: Vec<Token<'a>>,
    /// Of the run that starts at each token.
    hashes: Vec<u64>,
}

impl<'a> Text<'a> {
    fn new(text: &'a str, renamed: bool) -> Self {
        let end = text.match_indices('\n').nth(MOST_LINES - 1);
        let shown = end.and_then(|(end, _)| text.get(..=end)).unwrap_or(text);
        let view = if renamed { View::Nameless } else { View::Exact };
        let tokens = tokens(shown);
        Self {
            lines: shown.lines().collect(),
            left_out: text.lines().count() - shown.lines().count(),
            hashes: tokens.windows(RUN).map(|run| hash_of(run, view)).collect(),
            tokens,
        }
    }

    fn against(&self, other: &Self, given: &Given, renamed: bool) -> Marked {
        let known = if renamed {
            &given.nameless
        } else {
            &given.exact
        };
        let mut theirs = HashMap::new();
        for (token, hash) in other.tokens.iter().zip(&other.hashes) {
            theirs.entry(hash).or_insert(token.line);
        }
        // What a token is part of: a run that was given, or one that both have, and where.
        let mut of_given = vec![false; self.tokens.len()];
        let mut twins = vec![None; self.tokens.len()];
        for (at, hash) in self.hashes.iter().enumerate() {
            if known.contains(hash) {
                of_given[at..at + RUN].fill(true);
            } else if let Some(line) = theirs.get(hash) {
                for twin in &mut twins[at..at + RUN] {
                    twin.get_or_insert(*line);
                }
            }
        }
        let none = Line {
            kind: None,
            twin: None,
        };
        let mut lines = vec![none; self.lines.len()];
        for (at, token) in self.tokens.iter().enumerate() {
            let kind = match twins[at] {
                _ if of_given[at] => Kind::Given,
                Some(_) => Kind::Shared,
                None => Kind::Own,
            };
            let more = token.text.matches('\n').count();
            for line in lines.iter_mut().skip(token.line - 1).take(1 + more) {
                line.add(kind, twins[at]);
            }
        }
        self.whole_lines(other, given, &mut lines);
        self.blocks(&lines)
    }

    /// A line that the starter has is given, wherever it stands; without a token it is a comment, or empty.
    fn whole_lines(&self, other: &Self, given: &Given, lines: &mut [Line]) {
        let mut theirs = HashMap::new();
        for (line, number) in other.lines.iter().zip(1..) {
            theirs.entry(line.trim()).or_insert(number);
        }
        for (text, line) in self.lines.iter().zip(lines) {
            let text = text.trim();
            let is_long = text.chars().count() >= SHORT;
            let twin = theirs.get(text).copied().filter(|_| is_long);
            let (kind, twin) = match line.kind {
                _ if is_long && given.lines.contains(text) => (Kind::Given, None),
                None if text.is_empty() => continue,
                None if twin.is_some() => (Kind::Shared, twin),
                None => (Kind::Own, None),
                Some(_) => continue,
            };
            *line = Line {
                kind: Some(kind),
                twin,
            };
        }
    }

    fn blocks(&self, lines: &[Line]) -> Marked {
        let mut blocks: Vec<Block> = Vec::new();
        for ((text, line), number) in self.lines.iter().zip(lines).zip(1..) {
            // An empty line goes with what stands before it.
            let kind = line.kind.or_else(|| blocks.last().map(|block| block.kind));
            let kind = kind.unwrap_or(Kind::Given);
            match blocks.last_mut() {
                Some(block) if block.kind == kind => block.lines.push((*text).to_owned()),
                _ => blocks.push(Block {
                    kind,
                    from: number,
                    lines: vec![(*text).to_owned()],
                    twin: line.twin.filter(|_| kind == Kind::Shared),
                }),
            }
        }
        Marked {
            blocks,
            left_out: self.left_out,
        }
    }
}

impl Line {
    /// One word that both have is enough to look at the line; to be given, all of it must be.
    fn add(&mut self, kind: Kind, twin: Option<usize>) {
        let before = self.kind.unwrap_or(kind);
        let both = match (before, kind) {
            (Kind::Shared, _) | (_, Kind::Shared) => Kind::Shared,
            (Kind::Own, _) | (_, Kind::Own) => Kind::Own,
            (Kind::Given, Kind::Given) => Kind::Given,
        };
        self.kind = Some(both);
        if kind == Kind::Shared && self.twin.is_none() {
            self.twin = twin;
        }
    }
}
