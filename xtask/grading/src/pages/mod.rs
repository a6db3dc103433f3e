//! Pages for people: one a learner, one of the class, and one of each two that are alike. Each is a single file without scripts, which asks the
//! network for nothing; every word of a learner's is escaped.

mod alike;
mod feedback;
mod overview;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::text;

pub use alike::alike;
pub use feedback::feedback;
pub use overview::overview;

/// Whatever a learner's words are, a browser loads and runs nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8886; --good: #1a7f37; --bad: #b3261e; --none: #6b6b6b; }
@media (prefers-color-scheme: dark) { :root { --good: #56d364; --bad: #ff8a80; --none: #a8a8a8; } }
body { color: CanvasText; background: Canvas; font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } caption { text-align: start; font-weight: bold; }
th, td { text-align: start; vertical-align: top; padding: .3rem .6rem; border-block-end: 1px solid var(--line); }
thead th { overflow-wrap: normal; }
pre { overflow: auto; max-height: 30rem; padding: .8rem; border: 1px solid var(--line); white-space: pre-wrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; margin: .2rem 0; } dd { margin: 0; }
@media (max-width: 34rem) { dl { display: block; } dt { font-weight: bold; } }
.drawing, .wide { overflow-x: auto; } .drawing svg { max-width: 100%; height: auto; min-width: 40rem; }
.both { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; width: min(94vw, 110rem); margin-inline-start: calc(50% - min(47vw, 55rem)); }
@media (max-width: 50rem) { .both { display: block; width: auto; margin: 0; } }
.both section { min-width: 0; } .both pre { max-height: none; margin: 0; padding: 0; border: 0; font-size: .85rem; }
.both div { padding-inline-start: .8rem; margin-block: .4rem; border-inline-start: 1px solid var(--line); }
.both .shared { border-inline-start: .4rem double currentColor; } .both .given { color: var(--none); border-inline-start-style: dotted; }
.label { margin: 0; font-size: .85rem; font-style: italic; }
.pass { color: var(--good); } .fail { color: var(--bad); } .none { color: var(--none); }
";

fn page(title: &str, body: Markup) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (words(title)) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { h1 { (words(title)) } (body) } }
        }
    };
    markup.into_string()
}

/// Somebody's words, on which maud then does the escaping.
fn words(text: &str) -> String {
    text::plain(text)
}

/// The list of what this machine's sandbox lacked.
fn reduced(sentences: &[String]) -> Markup {
    html! {
        @if !sentences.is_empty() {
            h2 { "Containment of this run" }
            ul { @for sentence in sentences { li { (words(sentence)) } } }
        }
    }
}
