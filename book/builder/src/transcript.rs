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
    let sections = course::transcript::parse(&text);
    let found = sections.iter().find(|found| found.heading == section);
    let found = found.with_context(|| {
        let headings: Vec<&str> = sections.iter().map(|section| section.heading).collect();
        format!(
            "{} has no section `{section}`; it has: {}",
            file.display(),
            headings.join("; ")
        )
    })?;
    let lines = found.lines.join("\n");
    ensure!(
        !lines.trim().is_empty(),
        "section `{section}` of {} is empty",
        file.display()
    );
    Ok(format!("{}\n", lines.trim_matches('\n')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_shown_alone() {
        let kit = tempfile::tempdir().unwrap();
        let folders = Folders::at(kit.path());
        fs::create_dir_all(folders.transcripts()).unwrap();
        let text = "---\n---\n== evening, device: wire\na\nb\n== evening, device: LED\n\n";
        fs::write(folders.transcripts().join("step1.snap"), text).unwrap();
        let section = |title| section_of(&folders, "step1", title);
        assert_eq!(section("evening, device: wire").unwrap(), "a\nb\n");
        let error = section("evening, server: wire").unwrap_err().to_string();
        let known = "it has: evening, device: wire; evening, device: LED";
        assert!(error.ends_with(known), "{error}");
        let error = section("evening, device: LED").unwrap_err().to_string();
        assert!(error.ends_with("is empty"), "{error}");
    }
}
