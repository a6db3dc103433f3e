//! Where everything is in a PDF that Chromium has printed.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

/// The page, from 1, on which each heading is, by its id.
#[derive(Debug, Default)]
pub struct Pages {
    count: usize,
    by_id: BTreeMap<String, usize>,
}

impl Pages {
    /// Reads the named destinations and the page tree (ISO 32000-1, sections 12.3.2.3 and 7.7.3).
    /// Chromium writes both as plain text, outside of compressed streams; a PDF of another maker
    /// may not.
    ///
    /// # Errors
    /// When they are not there.
    pub fn of(pdf: &[u8]) -> Result<Self> {
        let text = String::from_utf8_lossy(pdf);
        let objects = objects(&text);
        let catalog = objects
            .values()
            .find(|it| it.starts_with("<</Type /Catalog"));
        let catalog = catalog.context("the PDF has no catalog")?;
        let root = reference(catalog, "/Pages ").context("the PDF has no page tree")?;
        let mut pages = Vec::new();
        gather(&objects, root, &mut pages)?;
        let named = reference(catalog, "/Dests ").and_then(|named| objects.get(named));
        let named = named.context("the PDF has no named destinations")?;
        let by_id = named.split("/XYZ").filter_map(|one| {
            // `… null]\n/name [12 0 R `, with the one before in front.
            let (name, object) = one.rsplit_once('[')?;
            let name = name.trim_end().rsplit(['/', '\n']).next()?;
            let object = object.trim().strip_suffix(" 0 R")?;
            let page = pages.iter().position(|page| page == object)?;
            Some((unescaped(name), page + 1))
        });
        Ok(Self {
            by_id: by_id.collect(),
            count: pages.len(),
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// By id.
    pub fn by_id(&self) -> &BTreeMap<String, usize> {
        &self.by_id
    }
}

/// The number of the object that this entry of a dictionary refers to.
fn reference<'a>(object: &'a str, entry: &str) -> Option<&'a str> {
    let (_, rest) = object.split_once(entry)?;
    rest.split_once(" 0 R").map(|(number, _)| number)
}

/// All objects by number.
fn objects(text: &str) -> BTreeMap<&str, &str> {
    let objects = text.split("\nendobj").filter_map(|object| {
        let (number, object) = object.trim_start().split_once(" 0 obj\n")?;
        let number = number.rsplit('\n').next()?;
        Some((number, object))
    });
    objects.collect()
}

/// The pages below this node of the tree, in order.
fn gather(objects: &BTreeMap<&str, &str>, node: &str, pages: &mut Vec<String>) -> Result<()> {
    let object = objects.get(node).context("the PDF's page tree is torn")?;
    let Some((_, kids)) = object.split_once("/Kids [") else {
        pages.push(node.to_owned());
        return Ok(());
    };
    let (kids, _) = kids
        .split_once(']')
        .context("the PDF's page tree is torn")?;
    for kid in kids
        .split(" 0 R")
        .map(str::trim)
        .filter(|kid| !kid.is_empty())
    {
        gather(objects, kid, pages)?;
    }
    Ok(())
}

/// A name's `#2F` is a slash (ISO 32000-1, section 7.3.5).
fn unescaped(name: &str) -> String {
    let mut parts = name.split('#');
    let mut bytes: Vec<u8> = parts.next().unwrap_or_default().into();
    for part in parts {
        match part.get(..2).map(|hex| u8::from_str_radix(hex, 16)) {
            Some(Ok(byte)) => bytes.push(byte),
            _ => bytes.extend_from_slice(format!("#{}", part.get(..2).unwrap_or(part)).as_bytes()),
        }
        bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PDF: &str = "%PDF-1.4\n1 0 obj\n<</Type /Page\n/Parent 9 0 R>>\nendobj\n\
        2 0 obj\n<</Type /Page\n/Parent 9 0 R>>\nendobj\n\
        7 0 obj\n<</one [1 0 R /XYZ 6 776 0]\n/a#20b [2 0 R /XYZ 6 776 0]>>\nendobj\n\
        8 0 obj\n<</Type /Catalog\n/Pages 9 0 R\n/Dests 7 0 R>>\nendobj\n\
        9 0 obj\n<</Type /Pages\n/Count 2\n/Kids [1 0 R 2 0 R]>>\nendobj\n";

    #[test]
    fn each_heading_has_its_page() {
        let pages = Pages::of(PDF.as_bytes()).unwrap();
        assert_eq!(pages.count(), 2);
        assert_eq!(pages.by_id().get("one"), Some(&1));
        assert_eq!(pages.by_id().get("a b"), Some(&2));
    }

    #[test]
    fn what_is_no_pdf_is_an_error() {
        assert!(Pages::of(b"no PDF").is_err());
    }
}
