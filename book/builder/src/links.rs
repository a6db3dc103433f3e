//! Every link and every loaded file of the finished pages.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use crate::folders::Folders;

/// Checks all pages; says how many links hold.
pub fn check(folders: &Folders) -> Result<usize> {
    let output = folders.output();
    let mut pages = BTreeMap::new();
    for file in html_files(&output)? {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        pages.insert(file, Page::read(&text));
    }
    let mut problems = Vec::new();
    let mut links = 0;
    for (file, page) in &pages {
        let name = file.strip_prefix(&output).unwrap_or(file).display();
        for link in &page.links {
            links += 1;
            if let Some(problem) = broken(file, link, &pages) {
                problems.push(format!("{name}: {problem}"));
            }
        }
        for source in &page.loads {
            if source.contains("//") {
                problems.push(format!(
                    "{name} loads {source}: nothing may leave the machine"
                ));
            }
        }
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(links)
}

fn broken(from: &Path, link: &str, pages: &BTreeMap<PathBuf, Page>) -> Option<String> {
    // A link out is followed by a person, not loaded by the page, and nothing is fetched here.
    if link.contains("://") {
        return malformed(link).map(|problem| format!("`{link}` {problem}"));
    }
    if link.starts_with("mailto:") {
        return None;
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() {
        from.to_owned()
    } else {
        from.with_file_name(path)
    };
    match pages.get(&target) {
        None if target.is_file() => None,
        None => Some(format!("`{link}` leads nowhere")),
        Some(page) if fragment.is_empty() || page.ids.contains(fragment) => None,
        Some(_) => Some(format!(
            "`{link}`: that page has no place called `{fragment}`"
        )),
    }
}

/// What keeps a link to elsewhere from being one.
pub fn malformed(link: &str) -> Option<&'static str> {
    let Some(address) = link.strip_prefix("https://") else {
        return Some("does not begin with https://");
    };
    let host = address.split(['/', '?', '#']).next().unwrap_or_default();
    let name = |label: &str| {
        let inside = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && label.chars().all(inside)
    };
    if !host.contains('.') || !host.split('.').all(name) {
        return Some("names no host");
    }
    if address.contains(|c: char| !c.is_ascii_graphic() || "<>\"`{}|\\^".contains(c)) {
        return Some("has a character that stands in no address");
    }
    None
}

fn html_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "html")
        {
            files.push(path);
        }
    }
    Ok(files)
}

/// What one page offers and wants.
#[derive(Debug, Default)]
struct Page {
    ids: BTreeSet<String>,
    links: Vec<String>,
    loads: Vec<String>,
}

impl Page {
    fn read(html: &str) -> Self {
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(html));
        let tokenizer = Tokenizer::new(Collector::default(), TokenizerOpts::default());
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        tokenizer.sink.0.into_inner()
    }

    fn take(&mut self, tag: &Tag) {
        let element = &*tag.name;
        for attribute in &tag.attrs {
            let value = attribute.value.to_string();
            match (element, &*attribute.name.local) {
                (_, "id") => {
                    self.ids.insert(value);
                }
                ("a", "href") => self.links.push(value),
                ("link", "href") | (_, "src") => self.loads.push(value),
                _ => {}
            }
        }
    }
}

#[derive(Default)]
struct Collector(RefCell<Page>);

impl TokenSink for Collector {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token
            && tag.kind == TagKind::StartTag
        {
            self.0.borrow_mut().take(&tag);
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(pages: &[(&str, &str)]) -> (tempfile::TempDir, Folders) {
        let kit = tempfile::tempdir().unwrap();
        let folders = Folders::at(kit.path());
        fs::create_dir_all(folders.output()).unwrap();
        for (name, html) in pages {
            fs::write(folders.output().join(name), html).unwrap();
        }
        (kit, folders)
    }

    #[test]
    fn links_and_places_must_exist() {
        let (_kit, folders) = site(&[
            (
                "a.html",
                "<a href=\"b.html#two\">x</a> <a href='#one'>y</a> <h2 id=one>One</h2>",
            ),
            ("b.html", "<p id=\"two\">"),
        ]);
        assert_eq!(check(&folders).unwrap(), 2);
        let (_kit, folders) = site(&[("a.html", "<a href=b.html>x</a><a href=#gone>y</a>")]);
        let error = check(&folders).unwrap_err().to_string();
        assert!(error.contains("`b.html` leads nowhere"), "{error}");
        assert!(error.contains("no place called `gone`"), "{error}");
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        let (_kit, folders) = site(&[(
            "a.html",
            "<script src=\"https://cdn.example/x.js\"></script>",
        )]);
        assert!(check(&folders).is_err());
        let (_kit, folders) = site(&[("a.html", "<a href=\"https://mqtt.org\">out</a>")]);
        assert!(check(&folders).is_ok());
    }

    #[test]
    fn a_link_out_is_at_least_an_address() {
        assert!(malformed("https://a-b.example/c?d#e").is_none());
        for bad in [
            "http://mqtt.org",
            "https://mqtt",
            "https://mqtt..org",
            "https:///faq",
            "https://mqtt.org:",
            "https://mqtt.org/a b",
        ] {
            assert!(malformed(bad).is_some(), "{bad}");
        }
    }
}
