//! The feedback page for one learner.

use maud::{Markup, PreEscaped, html};
use picture::Picture;

use super::{page, reduced, words};
use crate::class::{Cell, Class, Learner, Step};
use crate::import::Submission;
use crate::rubric::Comparison;
use crate::text;
use course::verdict::{Outcome, Row, Status, Verdict};
use course::wording::counted;

/// Words of an assignment below which it is hardly a comparison.
const FEWEST_WORDS: usize = 150;
/// Maximum length of a quoted text, in characters.
const MOST_SHOWN: usize = 20_000;

/// The learner's page. `comparisons` is the written assignment's rubric.
#[must_use]
pub fn feedback(class: &Class, learner: &Learner, comparisons: &[Comparison]) -> String {
    let total = learner.total(&class.steps).map(text::points);
    let empty = Vec::new();
    let machine = class.batch.as_ref().map_or(&empty, |batch| &batch.reduced);
    page(
        &format!("Nightlight: {}", learner.name),
        html! {
            p {
                @match total {
                    Some(total) => { strong { (total) } " of " (text::of_points(class.max_points())) " for the steps and what was scored by hand" }
                    None => "No total yet: a step could not be graded. That is not your fault, and it is no zero.",
                }
                "."
            }
            @if let Some(submission) = &learner.submission { (handed_in(submission)) }
            @for step in &class.steps { (section(learner, step)) }
            @if !comparisons.is_empty() { (assignment(learner, comparisons)) }
            (reduced(machine))
        },
    )
}

fn handed_in(submission: &Submission) -> Markup {
    html! {
        @if let Some(problem) = &submission.problem {
            p.fail { "Nothing could be taken from your submission: " (words(problem)) "." }
        }
        @if !(submission.refused.is_empty() && submission.notes.is_empty()) {
            h2 { "Files that were not taken" }
            ul {
                @for note in &submission.notes { li { (words(note)) "." } }
                @for refusal in &submission.refused {
                    li { code { (words(&refusal.path)) } ": " (words(&refusal.reason.words())) "." }
                }
                @if submission.refused_more > 0 { li { "… and " (submission.refused_more) " more." } }
            }
        }
    }
}

fn section(learner: &Learner, step: &Step) -> Markup {
    let points = learner
        .points(step)
        .map(text::points)
        .unwrap_or_else(|| "–".into());
    html! {
        section {
            h2 { (words(&step.title)) ": " (points) " of " (text::of_points(step.points)) }
            @if let Some(late) = learner.lateness(&step.name) { p { "It was handed in " (late) " of its points." } }
            @if let Some(said) = learner.by_hand(&step.name) { p { strong { "From your instructor: " } (shown(&said)) } }
            @match learner.cell(&step.name) {
                Cell::Graded(verdict) => { (graded(verdict)) }
                Cell::Missing => p.fail { (missing(learner, step)) },
                Cell::OurError(_) => p { "This step could not be graded because of an error of ours. It will be graded again." },
                Cell::Open => p { "This step has not been graded yet." },
            }
        }
    }
}

fn missing(learner: &Learner, step: &Step) -> String {
    let reason = learner.reason(&step.name).unwrap_or_default();
    match reason.strip_prefix("nothing to grade: ") {
        Some(why) => format!("There is nothing to grade: {}.", words(why)),
        None => format!("This step was {}.", words(&reason)),
    }
}

fn graded(verdict: &Verdict) -> Markup {
    html! {
        @if verdict.criteria.is_empty() { p.fail { (verdict.status.words()) "." } }
        @if let Some(message) = &verdict.message { pre tabindex="0" { (shown(message)) } }
        @if !verdict.criteria.is_empty() {
            table {
                thead { tr { th scope="col" { "Result" } th scope="col" { "What was checked" } th scope="col" { "Points" } } }
                tbody { @for criterion in &verdict.criteria { (row(criterion)) } }
            }
        }
        (pictured(verdict))
        @if let Some(difference) = &verdict.difference {
            details open { summary { "Your run against the solution's" } pre tabindex="0" { (shown(difference)) } }
        }
        @if !verdict.transcript.is_empty() {
            details { summary { "All that was seen" } pre tabindex="0" { (shown(&verdict.transcript)) } }
        }
        p.none {
            "Run it the same way yourself: " code { "cargo xtask check " (words(&verdict.step)) " --seed " (verdict.seed) }
            @if !verdict.kit.is_empty() { ". Judged by Nightlight " (words(&verdict.kit)) ", revision " (verdict.revision) " of the step." }
        }
    }
}

/// The first scene that differs from the solution's run, as a drawing and in words.
fn pictured(verdict: &Verdict) -> Markup {
    let solution = course::find(&verdict.step).map_or("", |step| step.transcript);
    let transcript = words(&verdict.transcript);
    let pictures = picture::pictures(solution, &transcript, &verdict.seen);
    let failed = verdict.status != Status::Pass;
    let first = pictures.iter().find(|picture| picture.differs && failed);
    html! {
        @if let Some(Picture { title, svg, words, .. }) = first {
            details open {
                summary { "Your run as a picture: " (title) }
                div.drawing role="region" tabindex="0" aria-label={ "Drawing of " (title) } { (PreEscaped(svg)) }
                details { summary { "The same in words" } ol { @for line in words { li { (line) } } } }
            }
        }
    }
}

fn row(criterion: &Row) -> Markup {
    let (class, word) = match criterion.status {
        Outcome::Pass => ("pass", "✓ yes"),
        Outcome::Fail => ("fail", "✗ no"),
        Outcome::Skip => ("none", "– not looked at"),
    };
    let said = [
        ("Expected", &criterion.expected),
        ("Actual", &criterion.actual),
        ("Try", &criterion.hint),
        ("Read", &criterion.chapter),
    ];
    html! {
        tr {
            td class=(class) { (word) }
            td {
                (words(&criterion.title))
                @if criterion.status == Outcome::Fail {
                    dl {
                        @for (name, said) in said {
                            @if let Some(said) = said { dt { (name) } dd { (shown(said)) } }
                        }
                    }
                }
            }
            td { (criterion.points) " / " (criterion.max_points) }
        }
    }
}

fn assignment(learner: &Learner, comparisons: &[Comparison]) -> Markup {
    let text = learner
        .submission
        .as_ref()
        .and_then(|submission| submission.text("assignment.md"));
    let scores = learner.scores.as_ref();
    html! {
        section {
            h2 { "Written assignment" }
            @match &text {
                None => p.fail { "There is no " code { "assignment.md" } "." },
                Some(text) => {
                    @let count = text.split_whitespace().count();
                    p { (counted(count, "word", "words")) "." @if count < FEWEST_WORDS { " That is short for two comparisons." } }
                    details { summary { "The text" } pre tabindex="0" { (shown(text)) } }
                }
            }
            table {
                thead { tr { th scope="col" { "Comparison" } th scope="col" { "What the levels ask for" } th scope="col" { "Points" } } }
                tbody {
                    @for comparison in comparisons {
                        tr {
                            td { (words(&comparison.title)) }
                            td { dl { @for (level, asks) in &comparison.levels { dt { (words(level)) } dd { (words(asks)) } } } }
                            td {
                                @match scores.and_then(|scores| scores.points.get(&comparison.id)) {
                                    Some(points) => { (text::points(*points)) " / " (text::points(comparison.points)) }
                                    None => "not scored yet",
                                }
                            }
                        }
                    }
                }
            }
            @if let Some(scores) = scores { @if !scores.comment.is_empty() { p { (words(&scores.comment)) } } }
        }
    }
}

/// Shortens a text so that a flood of output makes no page that browsers cannot open.
fn shown(text: &str) -> String {
    let plain = words(text);
    match plain.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => {
            let more = counted(plain.len() - end, "more byte", "more bytes");
            format!("{}\n… and {more}", &plain[..end])
        }
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::examples::{HOSTILE_NAME, class};
    use crate::rubric::examples::comparisons;

    fn page_of(name: &str) -> String {
        let class = class();
        let learner = class
            .learners
            .iter()
            .find(|learner| learner.name == name)
            .expect("a learner");
        feedback(&class, learner, &comparisons())
    }

    #[test]
    fn a_learner_sees_points_hints_and_what_was_refused() {
        let page = page_of("bob");
        for words in [
            "<strong>5</strong> of 30 points",
            "led_on false",
            "Look at the comparison.",
            "This step was not handed in.",
            "step2-telemetry/src/main.rs</code>: it is a link, not a file.",
            "--seed 7",
            "Nightlight 0.1.0, revision 2 of the step",
            "No namespaces.",
            "There is no <code>assignment.md</code>",
            "not scored yet",
        ] {
            assert!(page.contains(words), "{words} is not in\n{page}");
        }
    }

    #[test]
    fn an_error_of_ours_is_no_zero() {
        let page = page_of("eve");
        assert!(page.contains("it is no zero"), "{page}");
        assert!(page.contains("– of 20 points"), "{page}");
    }

    #[test]
    fn hostile_names_and_output_stay_text() {
        let page = page_of(HOSTILE_NAME);
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
        assert_eq!(page.matches("</pre>").count(), page.matches("<pre").count());
        assert!(!page.contains('\u{1b}'));
    }

    #[test]
    fn pages_ask_the_network_for_nothing() {
        let page = page_of("ada");
        assert!(
            page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"),
            "{page}"
        );
        for reference in [
            "src=", "href=", "@import", "url(", "<script", "http:", "https:",
        ] {
            assert!(!page.contains(reference), "{reference}");
        }
    }

    #[test]
    fn a_flood_is_cut() {
        let flood = "é".repeat(100_000);
        let shown = shown(&flood);
        assert!(shown.len() < 50_000 && shown.ends_with("more bytes"));
    }
}
