//! Where the guide says more: the command that opens it there, which is also a link where the
//! terminal follows links.

use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;

use terminal::workspace;

/// The command that opens the guide at this place, such as `step1-connect.md#event-loop`: what lies
/// in `book/src` has its listings and drawings only when the guide is built.
pub fn guide(place: &str) -> String {
    let command = format!("cargo xtask book {}", place.replacen(".md", "", 1));
    // In the terminal of Visual Studio Code a link to a page would open what the page is made of.
    let is_followed = io::stdout().is_terminal()
        && env::var_os("TERM_PROGRAM").is_none_or(|program| program != "vscode");
    let root = is_followed.then(workspace::root).and_then(Result::ok);
    match root.and_then(|root| page(&root, place)) {
        Some(page) => format!("\u{1b}]8;;{page}\u{1b}\\{command}\u{1b}]8;;\u{1b}\\"),
        None => command,
    }
}

/// The address of the page, where the guide has been built.
fn page(root: &Path, place: &str) -> Option<String> {
    let (chapter, heading) = place.split_once('#').unwrap_or((place, ""));
    let file = root.join("target/book").join(chapter);
    let file = file.with_extension("html");
    if !file.is_file() {
        return None;
    }
    let path = file.to_str()?.replace('\\', "/");
    let path: String = path.bytes().map(in_address).collect();
    let heading = match heading {
        "" => String::new(),
        heading => format!("#{heading}"),
    };
    Some(format!("file:///{}{heading}", path.trim_start_matches('/')))
}

/// A byte of a path as an address has it (RFC 3986, section 2).
fn in_address(byte: u8) -> String {
    match byte {
        b'/' | b':' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_an_address_once_it_is_built() {
        let kit = tempfile::tempdir().unwrap();
        let root = kit.path().join("my kit");
        let book = root.join("target/book");
        std::fs::create_dir_all(&book).unwrap();
        let place = "step1-connect.md#event-loop";
        assert_eq!(page(&root, place), None);
        std::fs::write(book.join("step1-connect.html"), "").unwrap();
        let address = page(&root, place).unwrap();
        assert!(address.starts_with("file:///"), "{address}");
        let end = "/my%20kit/target/book/step1-connect.html#event-loop";
        assert!(address.ends_with(end), "{address}");
    }
}
