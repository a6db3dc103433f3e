//! What rustc says of sources, an object of JSON a line.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// Errors of these kinds speak of libraries that are missing, or of another build: by the error
/// index, E0460 to E0463 and E0514.
const LIBRARIES: [&str; 5] = ["E0460", "E0461", "E0462", "E0463", "E0514"];

/// Words of errors whose cause may be that rustc was not called by cargo: a variable that cargo
/// sets, or a macro that gave up.
const SURROUNDINGS: [&str; 3] = ["environment variable", "CARGO_", "panicked"];

/// One error, warning or note.
#[derive(Debug, Deserialize)]
pub(super) struct Diagnostic {
    level: String,
    #[serde(default)]
    message: String,
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<IgnoredAny>,
    rendered: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Code {
    code: String,
}

impl Diagnostic {
    /// Whether it is an error, and not only the end of all errors, of which cargo does not tell.
    pub fn is_error(&self) -> bool {
        self.level == "error" && !(self.spans.is_empty() && self.message.starts_with("aborting"))
    }

    /// Whether it warns of a place in the sources: how many such warnings there are is a warning
    /// to rustc as well.
    pub fn is_warning(&self) -> bool {
        self.level == "warning" && !self.spans.is_empty()
    }

    /// Whether an error says for certain what is wrong with the sources, whoever called rustc.
    pub fn is_certain(&self) -> bool {
        let code = self.code.as_ref().map(|code| code.code.as_str());
        let library = code.is_some_and(|code| LIBRARIES.contains(&code));
        let surroundings = SURROUNDINGS
            .iter()
            .any(|words| self.message.contains(words));
        !self.spans.is_empty() && !library && !surroundings
    }

    /// As it reads in a terminal with colours.
    pub fn rendered(&self) -> &str {
        self.rendered.as_deref().unwrap_or_default()
    }
}

/// With colours only where our own words have some.
pub(super) fn shown(rendered: &str) -> String {
    let choice = anstream::AutoStream::choice(&std::io::stdout());
    if choice == anstream::ColorChoice::Never {
        anstream::adapter::strip_str(rendered).to_string()
    } else {
        rendered.to_owned()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use super::*;

    fn error(code: &str, message: &str, spans: &str) -> Diagnostic {
        let text = format!(
            r#"{{"level":"error","message":"{message}","code":{{"code":"{code}"}},"spans":{spans}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_mistake_in_the_sources_is_certain() {
        assert!(error("E0308", "mismatched types", "[{}]").is_certain());
        assert!(!error("", "aborting due to 2 previous errors", "[]").is_error());
    }

    #[test]
    fn what_may_come_from_the_surroundings_is_not() {
        for doubtful in [
            error("", "linking with `cc` failed: exit status: 1", "[]"),
            error("E0463", "can't find crate for `rumqttc`", "[{}]"),
            error(
                "",
                "environment variable `X` not defined at compile time",
                "[{}]",
            ),
            error("", "proc macro panicked", "[{}]"),
        ] {
            assert!(!doubtful.is_certain(), "{doubtful:?}");
        }
    }
}
