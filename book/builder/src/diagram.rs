//! Drawings, put into the page itself so that they follow its colours.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::folders::Folders;

/// The drawing as a figure. Its `<title>` is the caption, its `aria-label` the words for a reader
/// who does not see it.
pub fn show(folders: &Folders, name: &str) -> Result<String> {
    let file = folders.diagrams().join(format!("{name}.svg"));
    let svg =
        fs::read_to_string(&file).with_context(|| format!("no drawing {}", file.display()))?;
    check(&svg).with_context(|| file.display().to_string())?;
    let caption = between(&svg, "<title>", "</title>").unwrap_or_default();
    // A blank line would end the HTML block in the middle of the drawing.
    let lines: Vec<&str> = svg.lines().filter(|line| !line.trim().is_empty()).collect();
    // Scrolling by keyboard needs a focus; the caption names what has it.
    Ok(format!(
        "<figure class=\"diagram\">\n<div class=\"wide\" role=\"region\" tabindex=\"0\" \
         aria-label=\"Drawing: {caption}\">\n{}\n</div>\n<figcaption>{caption}</figcaption>\n</figure>\n",
        lines.join("\n")
    ))
}

fn check(svg: &str) -> Result<()> {
    ensure!(
        svg.starts_with("<svg"),
        "a drawing starts with its <svg> tag"
    );
    ensure!(
        svg.contains("role=\"img\""),
        "the <svg> tag needs role=\"img\""
    );
    let label = between(svg, "aria-label=\"", "\"").unwrap_or_default();
    ensure!(
        label.len() > 40,
        "the aria-label must say in a sentence what the drawing shows"
    );
    ensure!(
        svg.contains("<title>"),
        "a drawing needs a <title>, its caption"
    );
    ensure!(
        !svg.contains(" id=\""),
        "no ids: several drawings share one page, and the printed book has them all"
    );
    for colour in ["fill=\"#", "stroke=\"#", "fill=\"white", "fill=\"black"] {
        ensure!(
            !svg.contains(colour),
            "colours come from classes in theme/nightlight.css: {colour}"
        );
    }
    Ok(())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let rest = text.split_once(start)?.1;
    Some(rest.split_once(end)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drawing_can_be_read_aloud_and_follows_the_theme() {
        let folders = Folders::find().unwrap();
        for drawing in fs::read_dir(folders.diagrams()).unwrap() {
            let path = drawing.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let figure = show(&folders, &name).unwrap_or_else(|error| panic!("{error:#}"));
            assert!(!figure.contains("\n\n"), "{name}");
        }
    }
}
