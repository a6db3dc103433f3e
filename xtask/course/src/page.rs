//! The page that learners may write beside the steps.

use std::sync::LazyLock;

use crate::Step;

/// A page that is a client itself, which learners may write beside the steps. No compiler builds it,
/// and a browser runs it, so it is none of [`steps`](crate::steps).
///
/// # Panics
/// As [`steps`](crate::steps).
pub fn page() -> &'static Step {
    static PAGE: LazyLock<Step> =
        LazyLock::new(
            || match Step::parse(FOLDER_OF_PAGE, include_str!("../browser.toml"), "") {
                Ok(step) => step,
                Err(error) => panic!("xtask/course/browser.toml: {error:#}"),
            },
        );
    &PAGE
}

/// Whether this asks for the page: by its name, or the path of its folder or file.
pub fn is_page(name: &str) -> bool {
    let mut parts = name.split(['/', '\\']);
    parts.any(|part| part.eq_ignore_ascii_case(FOLDER_OF_PAGE))
}

/// Where the page lies in `lessons/` and `solutions/`, and what it is called.
pub const FOLDER_OF_PAGE: &str = "browser";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_a_name_and_each_todo_a_hole() {
        for name in ["browser", "lessons/browser/", "lessons/browser/index.html"] {
            assert!(is_page(name), "{name}");
        }
        assert!(!is_page("step4") && !is_page("browsers"));
        let page = page();
        assert_eq!(page.name(), FOLDER_OF_PAGE);
        for todo in page.criteria.iter().filter_map(|it| it.todo.as_ref()) {
            let mark = format!("// TODO {}:", todo.number);
            assert!(
                page.holes.iter().any(|hole| hole.starter.contains(&mark)),
                "{mark}"
            );
        }
    }
}
