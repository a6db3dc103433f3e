//! The directives a chapter may hold: `{{#name argument …}}`, alone on a line.
//!
//! | directive | becomes |
//! |---|---|
//! | `{{#steps}}` | the list of the steps: what a learner builds |
//! | `{{#effort}}` | the table of the steps: points and minutes |
//! | `{{#listing step1-connect/device/options}}` | that anchor of the solution, as Rust |
//! | `{{#ways step1 backs-off last-will}}` | those right programs of the corpus, each as it differs from the solution |
//! | `{{#transcript step1 evening, device: wire}}` | that section of the step's recorded run |
//! | `{{#table brokers}}` | the table that a test of the runner has recorded |
//! | `{{#quiz before}}` | the questions of `quizzes/before.toml` |
//! | `{{#corpus step1/led-at-300}}` | nothing: it ties a mistake to a program; see [`crate::mistakes`] |
//! | `{{#diagram publish-subscribe}}` | the drawing, inline, so that it follows the theme |
//! | `{{#progress}}` | the table of all quizzes |
//!
//! mdBook's own `{{#include}}` is off: it only warns about a missing file, and a missing anchor
//! gives an empty block without a word.

/// One directive as written.
#[derive(Debug, PartialEq, Eq)]
pub struct Directive<'a> {
    /// The word after `#`.
    pub name: &'a str,
    /// What follows, split at spaces.
    pub arguments: Vec<&'a str>,
}

impl<'a> Directive<'a> {
    /// Reads a line that is a directive and nothing else; `None` for every other line.
    pub fn parse(line: &'a str) -> Option<Self> {
        let inner = line.trim().strip_prefix("{{#")?.strip_suffix("}}")?;
        let mut words = inner.split_whitespace();
        let name = words.next()?;
        Some(Self {
            name,
            arguments: words.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Directive;

    #[test]
    fn a_directive_is_a_whole_line() {
        let directive = Directive::parse("  {{#transcript step1 device wire}} ").unwrap();
        assert_eq!(directive.name, "transcript");
        assert_eq!(directive.arguments, ["step1", "device", "wire"]);
        assert_eq!(Directive::parse("see {{#quiz before}}"), None);
        assert_eq!(Directive::parse("{{#}}"), None);
    }
}
