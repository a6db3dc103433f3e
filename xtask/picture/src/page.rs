//! The pictures of one run on a page of their own.

use std::fmt::Write as _;

use course::Step;
use course::verdict::Verdict;

use crate::{Picture, escaped, pictures};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;\
                     padding:0 1rem;color-scheme:light dark;color:CanvasText;background:Canvas}\
                     svg{max-width:100%;height:auto;min-width:40rem}\
                     .drawing{overflow-x:auto}\
                     summary{cursor:pointer;font-weight:bold;padding:.3rem 0}\
                     pre{white-space:pre-wrap}";

/// A whole page of HTML that needs nothing from elsewhere: what failed, and a picture of each
/// scene. Those that differ from the solution's run are open.
pub fn page(step: &Step, verdict: &Verdict) -> String {
    let title = escaped(&format!("{} · {}", step.name(), step.title));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main><h1>{title}</h1>\n"
    );
    let _ = writeln!(
        page,
        "<p>{}: {} of {} points, seed {}.</p>",
        escaped(verdict.status.words()),
        verdict.points,
        verdict.max_points,
        verdict.seed
    );
    for row in verdict.failed() {
        let _ = writeln!(page, "<h2>✗ {}</h2><dl>", escaped(&row.title));
        for (label, words) in [
            ("expected", &row.expected),
            ("but saw", &row.actual),
            ("hint", &row.hint),
        ] {
            if let Some(words) = words {
                let _ = writeln!(page, "<dt>{label}</dt><dd>{}</dd>", escaped(words));
            }
        }
        page.push_str("</dl>\n");
    }
    if let Some(message) = &verdict.message {
        let _ = writeln!(page, "<pre>{}</pre>", escaped(message));
    }
    page.push_str("<h2>What was seen</h2>\n");
    let pictures = pictures(step.transcript, &verdict.transcript, &verdict.seen);
    if pictures.is_empty() {
        page.push_str("<p>Nothing was played.</p>\n");
    }
    let open = pictures.iter().position(|picture| picture.differs);
    for (place, picture) in pictures.iter().enumerate() {
        page.push_str(&scene(picture, open == Some(place)));
    }
    page.push_str("</main></body></html>\n");
    page
}

fn scene(picture: &Picture, open: bool) -> String {
    let (open, differs) = (
        if open { " open" } else { "" },
        if picture.differs {
            ", not as in a solution's run"
        } else {
            ""
        },
    );
    let mut html = format!(
        "<details{open}><summary>{}{differs}</summary>\n<div class=\"drawing\" tabindex=\"0\" \
         role=\"region\" aria-label=\"Drawing of {}\">{}</div>\n\
         <details><summary>In words</summary><ol>\n",
        escaped(&picture.title),
        escaped(&picture.title),
        picture.svg
    );
    for line in &picture.words {
        let _ = writeln!(html, "<li>{}</li>", escaped(line));
    }
    html.push_str("</ol></details></details>\n");
    html
}
