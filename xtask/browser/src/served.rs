//! The page as it is served: a learner's own, with two scripts that are ours.

/// Where the library is served.
pub const LIBRARY: &str = "/mqtt.min.js";

/// Where our script is served.
pub const PROBE: &str = "/check/probe.js";

/// The page with our script first, so that it sees what goes wrong in the others, and with the
/// library from here: nothing comes from the internet, nor from a broker that happens to run.
pub fn served(page: &str) -> String {
    let probe = format!("<script src=\"{PROBE}\"></script>");
    let page = with_our_library(page);
    let doctype = "<!doctype html>";
    let begins = page.get(..doctype.len());
    match begins.is_some_and(|begins| begins.eq_ignore_ascii_case(doctype)) {
        true => format!("{doctype}{probe}{}", &page[doctype.len()..]),
        false => probe + &page,
    }
}

/// Whatever address ends in the library's name leads to ours.
fn with_our_library(page: &str) -> String {
    let name = LIBRARY.trim_start_matches('/');
    let mut served = String::new();
    let mut rest = page;
    while let Some(at) = rest.find(name) {
        let before = rest[..at].trim_end_matches(|c: char| !matches!(c, '"' | '\'' | '`' | '='));
        served += before;
        served += LIBRARY;
        rest = &rest[at + name.len()..];
    }
    served + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_comes_from_here_wherever_the_page_has_it_from() {
        for from in [
            "http://127.0.0.1:8083/",
            "https://cdn.example/mqtt/dist/",
            "./",
            "",
        ] {
            let page = format!("<p>a</p><script src=\"{from}mqtt.min.js\"></script><p>b</p>");
            let expected = "<p>a</p><script src=\"/mqtt.min.js\"></script><p>b</p>";
            assert_eq!(with_our_library(&page), expected);
        }
    }

    #[test]
    fn our_script_comes_first_and_the_doctype_before_it() {
        let probe = "<script src=\"/check/probe.js\"></script>";
        assert_eq!(
            served("<!DOCTYPE html>\n<p>"),
            format!("<!doctype html>{probe}\n<p>")
        );
        assert_eq!(served("<p>"), format!("{probe}<p>"));
    }
}
