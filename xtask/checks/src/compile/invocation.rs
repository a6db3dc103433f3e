//! How cargo calls rustc, read from its own words: it says so whenever it compiles a package, if
//! asked to be verbose.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// One call of rustc that makes a program.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Invocation {
    /// The program to call, and its arguments. The first of these may be rustc, where somebody has
    /// put a program of their own before it.
    words: Vec<String>,
}

impl Invocation {
    /// All that cargo says of in these words.
    pub fn all(said: &str) -> Vec<Self> {
        said.lines().filter_map(Self::of).collect()
    }

    fn of(line: &str) -> Option<Self> {
        let command = line.trim_start().strip_prefix("Running `")?;
        let words = if cfg!(windows) {
            windows_words
        } else {
            unix_words
        };
        let all = Self {
            words: words(command.strip_suffix('`')?)?,
        };
        let makes_a_program = all.value("--crate-type") == Some("bin")
            && all.value("--crate-name").is_some()
            && all.value("--out-dir").is_some()
            && all.words.iter().any(|word| word == "--emit=dep-info,link");
        makes_a_program.then_some(all)
    }

    /// The crate's name: the program's, with underscores.
    pub fn name(&self) -> &str {
        self.value("--crate-name").unwrap_or_default()
    }

    /// The libraries that the program links against.
    pub fn libraries(&self) -> impl Iterator<Item = &Path> {
        self.words.windows(2).filter_map(|pair| match pair {
            [option, value] if option == "--extern" => Some(Path::new(value.split_once('=')?.1)),
            _ => None,
        })
    }

    /// The same call, but with line tables. Of an option that is given twice rustc takes the last.
    pub fn with_lines(&self) -> Self {
        let lines = ["-C", "debuginfo=line-tables-only", "-C", "strip=none"].map(str::to_owned);
        Self {
            words: [&self.words[..], &lines].concat(),
        }
    }

    /// The same call, but for where it writes: the program and its dep-info go to `out` and are
    /// called by the crate's name, and what rustc keeps for the next time goes to `incremental`.
    pub fn within(&self, out: &Path, incremental: &Path) -> Option<Vec<String>> {
        let (out, incremental) = (out.to_str()?, incremental.to_str()?);
        let mut words = Vec::new();
        let mut rest = self.words.iter();
        while let Some(word) = rest.next() {
            match word.as_str() {
                "--out-dir" => {
                    rest.next()?;
                    words.extend([word.clone(), out.to_owned()]);
                }
                "-C" => {
                    let codegen = rest.next()?;
                    if codegen.starts_with("extra-filename=") {
                        continue;
                    }
                    words.push(word.clone());
                    words.push(if codegen.starts_with("incremental=") {
                        format!("incremental={incremental}")
                    } else {
                        codegen.clone()
                    });
                }
                _ => words.push(word.clone()),
            }
        }
        Some(words)
    }

    fn value(&self, option: &str) -> Option<&str> {
        let mut words = self.words.iter();
        words.find(|word| *word == option)?;
        words.next().map(String::as_str)
    }
}

/// Undoes the quoting of a POSIX shell, as far as cargo uses it: single quotes, and backslashes
/// outside of them.
fn unix_words(text: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            '\\' if !quoted => words.last_mut()?.push(letters.next()?),
            letter => words.last_mut()?.push(letter),
        }
    }
    (!quoted).then_some(words)
}

/// Undoes the quoting of Windows' command lines: double quotes, and within them backslashes that
/// stand for themselves but before a double quote.
fn windows_words(text: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    let mut slashes = 0_usize;
    for letter in text.chars() {
        let word = words.last_mut()?;
        match letter {
            '\\' => {
                slashes += 1;
                word.push(letter);
                continue;
            }
            '"' => {
                // Half of them make the others ordinary, and an odd one makes the quote ordinary.
                word.truncate(word.len() - slashes.div_ceil(2));
                if slashes % 2 == 1 {
                    word.push(letter);
                } else {
                    quoted = !quoted;
                }
            }
            ' ' if !quoted => words.push(String::new()),
            letter => word.push(letter),
        }
        slashes = 0;
    }
    (!quoted).then_some(words)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use super::*;

    fn call() -> Invocation {
        let words = "rustc --crate-name a_b src/main.rs --crate-type bin --emit=dep-info,link -C \
                     opt-level=1 -C extra-filename=-12 --out-dir /t/deps -C incremental=/t/inc -C \
                     rpath --extern x=/t/libx.rlib --extern noprelude:y=/t/liby.so";
        Invocation {
            words: words.split_whitespace().map(str::to_owned).collect(),
        }
    }

    #[test]
    fn a_call_that_makes_a_program_is_read() {
        let said = format!(
            "       Fresh libc v0.2.191\n     Running `{}`\n    Finished `dev`",
            call().words.join(" ")
        );
        assert_eq!(Invocation::all(&said), [call()]);
        assert_eq!(call().name(), "a_b");
        let libraries: Vec<_> = call().libraries().map(Path::to_owned).collect();
        assert_eq!(
            libraries,
            ["/t/libx.rlib", "/t/liby.so"].map(Into::<std::path::PathBuf>::into)
        );
    }

    #[test]
    fn other_calls_are_not() {
        for (from, to) in [("bin", "lib"), ("--emit=dep-info,link", "--emit=metadata")] {
            let other = call().words.join(" ").replace(from, to);
            assert_eq!(Invocation::all(&format!("Running `{other}`")), []);
        }
        assert_eq!(
            Invocation::all("Running `target/debug/build/x/build-script-build`"),
            []
        );
    }

    #[test]
    fn only_where_it_writes_is_another_place() {
        let words = call().within(Path::new("/n"), Path::new("/i")).unwrap();
        assert_eq!(
            words.join(" "),
            "rustc --crate-name a_b src/main.rs --crate-type bin --emit=dep-info,link -C \
             opt-level=1 --out-dir /n -C incremental=/i -C rpath --extern x=/t/libx.rlib --extern \
             noprelude:y=/t/liby.so"
        );
    }

    #[test]
    fn a_shells_quotes_are_undone() {
        let text = r#"rustc 'cfg(feature, values("pi"))' '/my kit/it'\''s' --a=b"#;
        assert_eq!(
            unix_words(text).unwrap(),
            [
                "rustc",
                "cfg(feature, values(\"pi\"))",
                "/my kit/it's",
                "--a=b"
            ]
        );
        assert_eq!(unix_words("rustc 'a"), None);
    }

    #[test]
    fn windows_quotes_are_undone() {
        let text = r#"C:\bin\rustc.exe "C:\my kit\a.rs" "values(\"pi\")" "C:\my dir\\" -C"#;
        assert_eq!(
            windows_words(text).unwrap(),
            [
                r"C:\bin\rustc.exe",
                r"C:\my kit\a.rs",
                r#"values("pi")"#,
                r"C:\my dir\",
                "-C"
            ]
        );
        assert_eq!(windows_words("rustc \"a"), None);
    }
}
