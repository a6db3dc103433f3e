//! Two submissions of one step side by side, for a human who decides what their likeness means.

use course::wording::counted;
use maud::{Markup, html};

use super::{page, words};
use crate::similarity::{Block, Kind, Marked, Pair};
use crate::text;

/// One of the two, as it stands in the page's links.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    First,
    Second,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
        }
    }
}

/// The page of a pair. Its place is a folder beside the overview.
#[must_use]
pub fn alike(pair: &Pair, texts: &[Marked; 2]) -> String {
    let [first, second] = texts;
    let names = if pair.renamed {
        " Names were left out of account: the same words with other names count as the same."
    } else {
        ""
    };
    page(
        &format!("{}: {} and {}", pair.step, pair.first, pair.second),
        html! {
            p { a href="../overview.html" { "The class" } }
            p {
                (text::points(pair.share * 100.0)) " % of the own code of the one who wrote less is in the other's, too. "
                "For you to look at: nothing was scored by this." (names)
            }
            p {
                "What both have stands behind a thick line and says where the other has it. "
                "What the starter has, or more than half of the class, is grey, and called given. "
                "The rest is in one text only."
            }
            div.both {
                (side(Side::First, &pair.first, first, second))
                (side(Side::Second, &pair.second, second, first))
            }
        },
    )
}

fn side(side: Side, name: &str, own: &Marked, other: &Marked) -> Markup {
    let heading = format!("{}-text", side.name());
    html! {
        section aria-labelledby=(heading) {
            h2 id=(heading) { (words(name)) }
            @if own.blocks.is_empty() { p { "Nothing." } }
            @for block in &own.blocks { (shown(side, block, other)) }
            @if own.left_out > 0 { p { "… and " (counted(own.left_out, "more line, which is", "more lines, which are")) " not shown." } }
        }
    }
}

fn shown(side: Side, block: &Block, other: &Marked) -> Markup {
    let id = id(side, block.from);
    html! {
        @match block.kind {
            Kind::Given => div.given id=(id) { p.label { "given" } pre { (numbered(block)) } },
            Kind::Own => div.own id=(id) { pre { (numbered(block)) } },
            Kind::Shared => div.shared id=(id) {
                p.label {
                    "in both"
                    @if let Some((line, target)) = twin(block, other) {
                        ": " a href={ "#" (self::id(side.other(), target)) } { "there in line " (line) }
                    }
                }
                pre { (numbered(block)) }
            },
        }
    }
}

fn id(side: Side, line: usize) -> String {
    format!("{}-{line}", side.name())
}

/// The line where the other has it, and the first line of the block in which that stands.
fn twin(block: &Block, other: &Marked) -> Option<(usize, usize)> {
    let line = block.twin?;
    let before = other.blocks.iter().take_while(|other| other.from <= line);
    Some((line, before.last()?.from))
}

fn numbered(block: &Block) -> String {
    let lines = block.lines.iter().zip(block.from..);
    let lines: Vec<String> = lines
        .map(|(line, number)| format!("{number:>4}  {}", words(line)))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(kind: Kind, from: usize, lines: &[&str], twin: Option<usize>) -> Block {
        Block {
            kind,
            from,
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            twin,
        }
    }

    fn example() -> String {
        let pair = Pair {
            first: "ada".into(),
            second: "<b>eve".into(),
            step: "step4".into(),
            share: 0.914,
            renamed: true,
            passages: Vec::new(),
            page: None,
        };
        let first = Marked {
            blocks: vec![
                block(Kind::Given, 1, &["use rumqttc::Client;"], None),
                block(
                    Kind::Shared,
                    2,
                    &["let evil = \"</pre><script>\";", ""],
                    Some(11),
                ),
            ],
            left_out: 3,
        };
        let second = Marked {
            blocks: vec![
                block(Kind::Own, 1, &["fn mine() {}\u{1b}[31m"; 9], None),
                block(Kind::Shared, 10, &["// a", "let evil"], Some(2)),
            ],
            left_out: 0,
        };
        alike(&pair, &[first, second])
    }

    #[test]
    fn each_kind_is_told_by_words_and_shared_lines_lead_to_each_other() {
        let page = example();
        for words in [
            "91.4 %",
            "Names were left out of account",
            "<div class=\"given\" id=\"first-1\"><p class=\"label\">given</p>",
            "in both: <a href=\"#second-10\">there in line 11</a>",
            "in both: <a href=\"#first-2\">there in line 2</a>",
            "id=\"second-10\"",
            "   2  let evil",
            "and 3 more lines",
            "<section aria-labelledby=\"first-text\"><h2 id=\"first-text\">ada</h2>",
        ] {
            assert!(page.contains(words), "{words} is not in\n{page}");
        }
    }

    #[test]
    fn a_source_stays_text_and_asks_the_network_for_nothing() {
        let page = example();
        assert!(page.contains("&lt;/pre&gt;&lt;script&gt;"), "{page}");
        assert_eq!(page.matches("</pre>").count(), 4);
        for alive in [
            "<script", "<b>", "\u{1b}", "src=", "url(", "http:", "https:",
        ] {
            assert!(!page.contains(alive), "{alive}");
        }
    }
}
