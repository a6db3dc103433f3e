//! Words of others, made harmless for terminals, spreadsheets and file names.

/// Without terminal escapes and control characters; line ends and tabs stay.
#[must_use]
pub fn plain(text: &str) -> String {
    let stripped = strip_ansi_escapes::strip_str(text);
    stripped
        .chars()
        .filter(|letter| *letter == '\n' || *letter == '\t' || !is_hidden(*letter))
        .collect()
}

/// Control characters, marks that show nothing or reorder the text around them so that it reads as something else, and
/// noncharacters, of which no XML may hold the first two (XML 1.0, 2.2). The joiners U+200C and U+200D stay: Persian and
/// Hindi are written with them.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || is_noncharacter(letter)
}

/// Whether Unicode has set this code point aside for good (The Unicode Standard, 23.7): the last two of each plane, and
/// 32 in a row. No text that one program hands to another should hold one.
pub(crate) fn is_noncharacter(letter: char) -> bool {
    matches!(letter, '\u{fdd0}'..='\u{fdef}') || u32::from(letter) & 0xfffe == 0xfffe
}

/// On one line, and never a formula, whatever a spreadsheet takes for the separator: it runs a cell that starts with one
/// of `= + - @`.
#[must_use]
pub fn cell(text: &str) -> String {
    let line: Vec<String> = plain(text).split_whitespace().map(str::to_owned).collect();
    let line = line.join(" ");
    let mut cell = String::with_capacity(line.len());
    let mut starts = true;
    let mut rest = line.chars().peekable();
    while let Some(letter) = rest.next() {
        // A dash between two words is nothing to run.
        let is_more = rest.peek().is_some_and(|next| *next != ' ');
        if starts && is_sign(letter) && (is_more || cell.is_empty()) {
            cell.push('\'');
        }
        cell.push(letter);
        starts = matches!(letter, ',' | ';' | '|' | ':' | '"' | ' ');
    }
    cell
}

/// What a formula starts with. The full-width twins are read as the same signs by some spreadsheets.
fn is_sign(letter: char) -> bool {
    matches!(letter, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
}

/// Good as a part of a file name on every system, and at most forty letters. Not unique.
#[must_use]
pub fn file_name(text: &str) -> String {
    let kept = |letter: char| {
        if letter.is_alphanumeric() || letter == '-' {
            letter
        } else {
            '_'
        }
    };
    let name: String = text.chars().map(kept).take(40).collect();
    if name.is_empty() {
        "_".to_owned()
    } else {
        name
    }
}

/// Points as people write them: `7`, `7.5`.
#[must_use]
pub fn points(value: f64) -> String {
    format!("{}", rounded(value))
}

/// As many points, in words: `1 point`, `7.5 points`.
#[must_use]
pub fn of_points(value: f64) -> String {
    match points(value).as_str() {
        "1" => "1 point".to_owned(),
        many => format!("{many} points"),
    }
}

/// Points with at most two decimals.
#[must_use]
pub fn rounded(points: f64) -> f64 {
    (points * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_escapes_vanish() {
        let hostile = "a\u{1b}[2J\u{1b}]0;title\u{7}b\u{1b}[31mred\u{1b}[0m\r\nnext\u{9b}31m\0";
        let plain = plain(hostile);
        assert!(
            !plain
                .chars()
                .any(|letter| letter.is_control() && letter != '\n'),
            "{plain:?}"
        );
        assert!(plain.contains("red\nnext"));
    }

    #[test]
    fn text_cannot_be_turned_around() {
        assert_eq!(plain("abc\u{202e}fed\u{2066}"), "abcfed");
        assert_eq!(plain("a\u{200b}b\u{feff}c\u{ad}d"), "abcd");
        assert_eq!(
            plain("a\u{fffe}b\u{1ffff}c\u{fdd0}d\u{fdf0}"),
            "abcd\u{fdf0}"
        );
        assert_eq!(plain("می\u{200c}خواهم"), "می\u{200c}خواهم");
    }

    #[test]
    fn formulas_become_text() {
        for formula in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            " =1",
            "\u{1b}[0m=1",
            "＝1",
        ] {
            assert!(cell(formula).starts_with('\''), "{formula:?}");
        }
        for (text, harmless) in [
            ("n-x;=1+1;y", "n-x;'=1+1;y"),
            ("a,+1|@x", "a,'+1|'@x"),
            ("a =1", "a '=1"),
            ("a;\"=1\"", "a;\"'=1\""),
            ("a;＝1", "a;'＝1"),
            ("e-mail - x", "e-mail - x"),
        ] {
            assert_eq!(cell(text), harmless);
        }
        assert_eq!(cell("O'Hara, Jane"), "O'Hara, Jane");
        assert_eq!(cell("two\nlines"), "two lines");
    }

    #[test]
    fn file_names_stay_in_their_folder() {
        assert_eq!(file_name("../../etc/passwd"), "______etc_passwd");
        assert_eq!(file_name(""), "_");
        assert_eq!(file_name("Zoë <b>"), "Zoë__b_");
        assert_eq!(file_name(&"x".repeat(500)).len(), 40);
    }

    #[test]
    fn points_have_no_needless_digits() {
        assert_eq!(points(7.0), "7");
        assert_eq!(points(7.5), "7.5");
        assert_eq!(points(10.0 / 3.0), "3.33");
        let told = [0.0, 1.0, 1.5].map(of_points);
        assert_eq!(told, ["0 points", "1 point", "1.5 points"]);
    }
}
