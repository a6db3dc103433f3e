//! Recorded runs of the solutions, one section at a time.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::folders::Folders;

/// A section of a step's transcript as a block of text.
pub fn show(folders: &Folders, step: &str, section: &str) -> Result<String> {
    let text = section_of(folders, step, section)?;
    Ok(format!("```text\n{text}```\n"))
}

/// A table that a test has written down.
pub fn table(folders: &Folders, name: &str) -> Result<String> {
    let file = folders.transcripts().join(format!("{name}.snap"));
    let text = fs::read_to_string(&file)
        .with_context(|| format!("no recorded table {}", file.display()))?;
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    ensure!(rows.len() > 2, "{} has no table in it", file.display());
    Ok(format!("{}\n", rows.join("\n")))
}

/// The lines of one section.
pub fn section_of(folders: &Folders, step: &str, section: &str) -> Result<String> {
    let file = folders.transcripts().join(format!("{step}.snap"));
    let text =
        fs::read_to_string(&file).with_context(|| format!("no recorded run {}", file.display()))?;
    let lines = lines_of(&text, section).with_context(|| {
        format!(
            "{} has no section `{section}`; it has: {}",
            file.display(),
            titles(&text)
        )
    })?;
    ensure!(
        !lines.trim().is_empty(),
        "section `{section}` of {} is empty",
        file.display()
    );
    Ok(lines)
}

/// A section starts with a line such as `== evening, device: wire` and ends at the next one.
fn title(line: &str) -> Option<&str> {
    line.strip_prefix("== ")
}

fn titles(text: &str) -> String {
    text.lines()
        .filter_map(title)
        .collect::<Vec<_>>()
        .join("; ")
}

fn lines_of(text: &str, section: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| title(line) != Some(section));
    lines.next()?;
    let body: Vec<&str> = lines.take_while(|line| title(line).is_none()).collect();
    Some(format!("{}\n", body.join("\n").trim_matches('\n')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let text = "---\n---\n== evening, device: wire\na\nb\n== evening, device: LED\nc\n";
        assert_eq!(lines_of(text, "evening, device: wire").unwrap(), "a\nb\n");
        assert_eq!(lines_of(text, "evening, device: LED").unwrap(), "c\n");
        assert_eq!(lines_of(text, "evening, server: wire"), None);
        assert_eq!(titles(text), "evening, device: wire; evening, device: LED");
    }
}
