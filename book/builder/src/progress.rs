//! The table on the progress page. The counts come from the browser's memory.

use std::fs;

use anyhow::{Result, ensure};

use crate::folders::Folders;
use crate::markdown::{escape, inline};
use crate::quiz;

/// One row for each quiz, in the order of the chapters.
pub fn table(folders: &Folders) -> Result<String> {
    let mut html = String::from(
        "<table class=\"progress\">\n<thead><tr><th>Quiz</th><th>Questions</th>\
         <th>Answered</th><th>Right</th></tr></thead>\n<tbody>\n",
    );
    let order = fs::read_to_string(folders.chapters().join("SUMMARY.md"))?;
    let mut quizzes = quiz::all(folders)?;
    quizzes.sort_by_key(|quiz| order.find(&format!("({})", quiz.chapter)));
    for quiz in quizzes {
        let shown_by = folders.chapters().join(&quiz.chapter);
        let directive = format!("{{{{#quiz {}}}}}", quiz.name);
        let shown = fs::read_to_string(&shown_by).is_ok_and(|text| text.contains(&directive));
        ensure!(
            shown,
            "the quiz `{}` says that {} shows it",
            quiz.name,
            quiz.chapter
        );
        let page = quiz.chapter.replace(".md", ".html");
        let ids = quiz.questions.iter().map(|question| question.id.clone());
        // In the browser's memory a question that comes back has a name of its own.
        let again = quiz.again.iter().map(|name| name.replace('/', "."));
        let ids: Vec<String> = ids.chain(again).collect();
        html.push_str(&format!(
            "<tr data-quiz=\"{}\" data-questions=\"{}\"><td><a href=\"{page}\">{}</a></td>\
             <td>{}</td><td class=\"answered\">–</td><td class=\"correct\">–</td></tr>\n",
            escape(&quiz.name),
            escape(&ids.join(" ")),
            inline(&quiz.title),
            ids.len()
        ));
    }
    html.push_str("</tbody>\n</table>\n");
    Ok(html)
}
