//! Splits a source into tokens. It need not compile: what is unclosed ends with the text.

/// Rust's own words and the macros every program has; they stay when names are left out of account.
const WORDS: [&str; 38] = [
    "as", "async", "await", "break", "const", "continue", "dyn", "else", "enum", "false", "fn",
    "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref",
    "return", "self", "Self", "static", "struct", "trait", "true", "type", "unsafe", "use",
    "where", "while", "Some", "None", "Ok",
];

/// One token and its line, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) line: usize,
}

impl Token<'_> {
    /// Whether this is an identifier that the author chose.
    pub(super) fn is_name(&self) -> bool {
        self.text
            .starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
            && !WORDS.contains(&self.text)
    }
}

/// All tokens but comments and spaces.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = length(rest, first);
        let (text, after) = rest.split_at(length);
        if !first.is_whitespace() && !text.starts_with("//") && !text.starts_with("/*") {
            tokens.push(Token { text, line });
        }
        line += text.matches('\n').count();
        rest = after;
    }
    tokens
}

/// Bytes of the token that `rest` starts with.
fn length(rest: &str, first: char) -> usize {
    let until = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
    if rest.starts_with("//") {
        rest.find('\n').unwrap_or(rest.len())
    } else if rest.starts_with("/*") {
        until("*/")
    } else if first == '"' {
        string(rest)
    } else if first.is_alphanumeric() || first == '_' {
        rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(rest.len())
    } else {
        first.len_utf8()
    }
}

/// Bytes up to and including the closing quote, past escaped ones.
fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_splits_into_tokens_with_lines() {
        let found = tokens("let x = \"a // \\\" b\"; // note\n/* two\nlines */ ünï(3)");
        let texts: Vec<(&str, usize)> =
            found.iter().map(|token| (token.text, token.line)).collect();
        assert_eq!(
            texts,
            [
                ("let", 1),
                ("x", 1),
                ("=", 1),
                ("\"a // \\\" b\"", 1),
                (";", 1),
                ("ünï", 3),
                ("(", 3),
                ("3", 3),
                (")", 3)
            ]
        );
    }

    #[test]
    fn what_never_ends_ends_with_the_text() {
        for unclosed in ["\"abc", "/* abc", "// abc", "\"abc\\", "é"] {
            assert!(tokens(unclosed).len() <= 1);
        }
    }
}
