//! A place in the guide as people name it, such as `step3#topic`.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::folders::Folders;
use crate::hints;

/// No chapter, or no heading of it, is called so.
#[derive(Debug, thiserror::Error)]
#[error("the guide has no `{asked}`: {advice}")]
pub struct NoSuchPlace {
    asked: String,
    advice: String,
}

/// The page that a name stands for: `step3#topic` is `step3-server.html#topic`. A chapter is named
/// by its file, by its step as anywhere in the kit, or by the beginning of its file up to a dash.
pub fn page(folders: &Folders, asked: &str) -> Result<String> {
    let places = hints::places(folders)?;
    find(&places, asked).map_err(|advice| {
        let asked = asked.to_owned();
        NoSuchPlace { asked, advice }.into()
    })
}

fn find(places: &BTreeSet<String>, asked: &str) -> Result<String, String> {
    let (name, heading) = asked.split_once('#').unwrap_or((asked, ""));
    let name = name.strip_suffix(".md").unwrap_or(name);
    let chapters = || {
        let chapters = places.iter().filter(|place| !place.contains('#'));
        chapters.filter_map(|chapter| chapter.strip_suffix(".md"))
    };
    let begins = |chapter: &&str| {
        let rest = chapter.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with('-'))
    };
    // A step also has a page of finished code, whose name begins alike.
    let lesson = course::find_lesson(name).ok();
    let lesson = lesson.and_then(|step| step.chapter.strip_suffix(".md"));
    let chapter = chapters()
        .find(|chapter| *chapter == name)
        .or_else(|| chapters().find(|chapter| Some(*chapter) == lesson))
        .or_else(|| chapters().find(begins));
    let Some(chapter) = chapter else {
        let known: Vec<&str> = chapters().filter(|chapter| *chapter != "SUMMARY").collect();
        return Err(format!("its chapters are {}", known.join(", ")));
    };
    if heading.is_empty() {
        return Ok(format!("{chapter}.html"));
    }
    if places.contains(&format!("{chapter}.md#{heading}")) {
        return Ok(format!("{chapter}.html#{heading}"));
    }
    let start = format!("{chapter}.md#");
    let headings = places.iter().filter_map(|place| place.strip_prefix(&start));
    let headings: Vec<&str> = headings.collect();
    Err(format!(
        "the headings of {chapter} are {}",
        headings.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chapter_is_found_by_its_name_or_its_beginning() {
        let places = [
            "SUMMARY.md",
            "mqtt.md",
            "mqtt-deeper.md",
            "step3-finished.md",
            "step3-server.md",
            "step3-server.md#topic",
        ];
        let places: BTreeSet<String> = places.map(str::to_owned).into();
        let page = |asked| find(&places, asked);
        assert_eq!(page("mqtt").unwrap(), "mqtt.html");
        assert_eq!(page("mqtt-deeper.md").unwrap(), "mqtt-deeper.html");
        assert_eq!(page("step3#topic").unwrap(), "step3-server.html#topic");
        assert_eq!(page("3").unwrap(), "step3-server.html");
        assert_eq!(page("step3-finished").unwrap(), "step3-finished.html");
        assert!(page("step3#tropic").unwrap_err().ends_with("are topic"));
        assert!(
            page("step")
                .unwrap_err()
                .ends_with("are mqtt-deeper, mqtt, step3-finished, step3-server")
        );
    }

    #[test]
    fn a_step_opens_at_its_chapter_and_not_at_its_finished_code() {
        let folders = Folders::find().unwrap();
        for step in course::lessons() {
            let opened = page(&folders, &step.name()).unwrap();
            assert_eq!(opened, step.chapter.replace(".md", ".html"));
        }
        // The example of the command line.
        assert!(page(&folders, "step3#topic").is_ok());
    }

    #[test]
    fn every_place_that_a_check_names_opens() {
        let folders = Folders::find().unwrap();
        for step in course::steps() {
            for criterion in &step.criteria {
                let asked = criterion.chapter.replace(".md", "");
                assert!(page(&folders, &asked).unwrap().contains(".html"), "{asked}");
            }
        }
    }
}
