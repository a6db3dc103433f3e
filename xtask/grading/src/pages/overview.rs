//! The class at a glance: where it struggles, who got what, what needs a human.

use course::wording::counted;
use maud::{Markup, html};

use super::{page, reduced, words};
use crate::class::{Cell, Class, Learner, Step};
use crate::similarity::{Cluster, Pair, clusters};
use crate::text;
use course::verdict::Outcome;

/// Pairs of one cluster that are listed.
const MOST_PAIRS: usize = 50;

/// How one criterion went over the class.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bar {
    title: String,
    passed: usize,
    failed: usize,
    /// Not looked at, because something before it failed.
    skipped: usize,
}

/// The instructor's page. `page_of` tells each learner's feedback page, relative to this one.
#[must_use]
pub fn overview(class: &Class, alike: &[Pair], page_of: impl Fn(&Learner) -> String) -> String {
    let empty = Vec::new();
    let machine = class.batch.as_ref().map_or(&empty, |batch| &batch.reduced);
    page(
        "Nightlight: the class",
        html! {
            @if let Some(batch) = &class.batch { p { "Everyone was asked the same: seed " (batch.seed) "." } }
            (struggles(class))
            (table(class, page_of))
            (ours(class))
            (aside(class))
            (likeness(alike))
            (reduced(machine))
        },
    )
}

/// The most missed first within each step.
fn bars(class: &Class, step: &Step) -> Vec<Bar> {
    let mut bars: Vec<(String, Bar)> = Vec::new();
    for learner in &class.learners {
        let Cell::Graded(verdict) = learner.cell(&step.name) else {
            continue;
        };
        for criterion in &verdict.criteria {
            let at = bars
                .iter()
                .position(|(id, _)| *id == criterion.id)
                .unwrap_or_else(|| {
                    let title = criterion.title.clone();
                    bars.push((
                        criterion.id.clone(),
                        Bar {
                            title,
                            passed: 0,
                            failed: 0,
                            skipped: 0,
                        },
                    ));
                    bars.len() - 1
                });
            match criterion.status {
                Outcome::Pass => bars[at].1.passed += 1,
                Outcome::Fail => bars[at].1.failed += 1,
                Outcome::Skip => bars[at].1.skipped += 1,
            }
        }
    }
    let mut bars: Vec<Bar> = bars.into_iter().map(|(_, bar)| bar).collect();
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.failed));
    bars
}

fn struggles(class: &Class) -> Markup {
    html! {
        h2 { "Where the class struggles" }
        @for step in &class.steps {
            @let bars = bars(class, step);
            @if !bars.is_empty() {
                table {
                    caption { (words(&step.title)) }
                    thead { tr { th scope="col" { "Criterion" } th scope="col" { "Learners who meet it" } } }
                    tbody { @for bar in &bars { tr { td { (words(&bar.title)) } td { (chart(bar)) } } } }
                }
            }
        }
    }
}

/// A bar that is read out as a sentence, and tells its parts by pattern, not by colour alone.
fn chart(bar: &Bar) -> Markup {
    let all = (bar.passed + bar.failed + bar.skipped).max(1);
    let width = |count: usize| count * 200 / all;
    let mut label = format!(
        "{} of {all} meet it, {}",
        bar.passed,
        counted(bar.failed, "does not", "do not")
    );
    if bar.skipped > 0 {
        let skipped = counted(bar.skipped, "was not looked at", "were not looked at");
        label += &format!(", {skipped}");
    }
    html! {
        svg width="200" height="14" viewBox="0 0 200 14" role="img" aria-label=(label) {
            rect x="0.5" y="0.5" width="199" height="13" fill="none" stroke="currentColor" {}
            rect width=(width(bar.passed)) height="14" fill="var(--good)" {}
            rect x=(width(bar.passed)) y="4" width=(width(bar.failed)) height="6" fill="var(--bad)" {}
        }
        " " (label)
    }
}

fn table(class: &Class, page_of: impl Fn(&Learner) -> String) -> Markup {
    html! {
        h2 { "Results" }
        // On a phone it is moved, by finger or by arrow keys.
        div.wide role="region" tabindex="0" aria-label="Results" {
            table {
                thead {
                    tr {
                        th scope="col" { "Learner" }
                        @for step in &class.steps { th scope="col" { (words(&step.title)) } }
                        th scope="col" { "Total" }
                    }
                }
                tbody {
                    @for learner in &class.learners {
                        tr {
                            th scope="row" { a href=(page_of(learner)) { (words(&learner.name)) } }
                            @for step in &class.steps { td { (cell(learner, step)) } }
                            td { (learner.total(&class.steps).map(text::points).unwrap_or_else(|| "–".into())) }
                        }
                    }
                }
            }
        }
    }
}

fn cell(learner: &Learner, step: &Step) -> Markup {
    let points = learner.points(step).map(text::points).unwrap_or_default();
    html! {
        @match learner.cell(&step.name) {
            _ if learner.is_decided(&step.name) => { (points) " " span.none { "by hand" } }
            Cell::Graded(verdict) if verdict.criteria.is_empty() => { (points) " " span.fail { (verdict.status.words()) } }
            Cell::Graded(_) => (points),
            Cell::Missing => { (points) " " span.none { (words(&learner.reason(&step.name).unwrap_or_default())) } }
            Cell::OurError(_) => span.fail { "our error" },
            Cell::Open => span.none { "open" },
        }
    }
}

fn ours(class: &Class) -> Markup {
    html! {
        @if class.our_errors().next().is_some() {
            h2 { "Not graded because of errors of ours" }
            ul {
                @for (learner, verdict) in class.our_errors() {
                    li { (words(&learner.name)) ", " (words(&verdict.step)) ": " (words(verdict.message.as_deref().unwrap_or("no reason known"))) }
                }
            }
        }
    }
}

/// Everything in the folder of submissions that has no row.
fn aside(class: &Class) -> Markup {
    html! {
        @if !(class.aside.is_empty() && class.withdrawn.is_empty()) {
            h2 { "Without a row" }
            ul {
                @for aside in &class.aside { li { (words(&aside.entry)) ": " (words(&aside.why)) } }
                @for name in &class.withdrawn { li { (words(name)) ": graded before, and not in the folder any more" } }
            }
        }
    }
}

fn likeness(alike: &[Pair]) -> Markup {
    html! {
        @if !alike.is_empty() {
            h2 { "Alike beyond the starter" }
            p { "For you to look at. Nothing was scored by this, and honest learners who work together look the same." }
            @if alike.iter().any(|pair| pair.page.is_none()) {
                p { "Only the most alike of a step can be opened side by side." }
            }
            table {
                thead { tr { th scope="col" { "Learners" } th scope="col" { "Step" } th scope="col" { "Share" } th scope="col" { "First lines alike" } } }
                tbody { @for cluster in clusters(alike) { (together(&cluster)) } }
            }
        }
    }
}

/// Two in a row; more of them in a row that unfolds.
fn together(cluster: &Cluster) -> Markup {
    let names: Vec<String> = cluster.learners.iter().map(|name| words(name)).collect();
    let most = cluster.pairs.first().map_or(0.0, |pair| pair.share);
    html! {
        tr {
            td {
                @if let [pair] = cluster.pairs.as_slice() { (both(pair)) }
                @else {
                    details {
                        summary { (counted(names.len(), "learner", "learners")) ": " (names.join(", ")) }
                        ul {
                            @for pair in cluster.pairs.iter().take(MOST_PAIRS) {
                                li { (both(pair)) ": " (share(pair)) }
                            }
                            @if cluster.pairs.len() > MOST_PAIRS { li { "… and " (counted(cluster.pairs.len() - MOST_PAIRS, "more pair", "more pairs")) } }
                        }
                    }
                }
            }
            td { (words(cluster.step)) }
            td { @if let [pair] = cluster.pairs.as_slice() { (share(pair)) } @else { "up to " (text::points(most * 100.0)) " %" } }
            td { @if let [pair] = cluster.pairs.as_slice() { @for (one, other) in pair.passages.iter().take(5) { (one) "/" (other) " " } } }
        }
    }
}

/// Both names, which open the page with both texts.
fn both(pair: &Pair) -> Markup {
    let names = format!("{} and {}", words(&pair.first), words(&pair.second));
    html! {
        @match &pair.page {
            Some(page) => a href=(page) { (names) },
            None => (names),
        }
    }
}

fn share(pair: &Pair) -> String {
    let renamed = if pair.renamed { ", names changed" } else { "" };
    format!("{} %{renamed}", text::points(pair.share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::examples::class;

    #[test]
    fn the_chart_counts_the_last_verdicts() {
        let class = class();
        let bars = bars(&class, &class.steps[0]);
        assert_eq!(
            bars[0],
            Bar {
                title: "Criterion number 1".into(),
                passed: 2,
                failed: 1,
                skipped: 0
            }
        );
        assert_eq!(
            bars[1],
            Bar {
                title: "Criterion number 0".into(),
                passed: 3,
                failed: 0,
                skipped: 0
            }
        );
    }

    #[test]
    fn what_needs_a_human_is_listed() {
        let pair = Pair {
            first: "ada".into(),
            second: "<b>eve".into(),
            step: "step1".into(),
            share: 0.914,
            renamed: true,
            passages: vec![(3, 4)],
            page: Some("alike/001-step1.html".into()),
        };
        let page = overview(&class(), &[pair], |learner| {
            format!("feedback/{}.html", text::file_name(&learner.name))
        });
        for words in [
            "eve, step2: the broker did not start",
            "ada and &lt;b&gt;eve",
            "<a href=\"alike/001-step1.html\">ada and",
            "91.4 %, names changed",
            "2 of 3 meet it, 1 does not",
            "our error",
            "not handed in",
            "No namespaces.",
            "href=\"feedback/ada.html\"",
        ] {
            assert!(page.contains(words), "{words} is not in\n{page}");
        }
        assert!(
            !page.contains("<script") && !page.contains("<b>") && !page.contains('\u{1b}'),
            "{page}"
        );
    }
}
