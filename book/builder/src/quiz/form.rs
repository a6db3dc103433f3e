//! A quiz as plain HTML: without JavaScript a reader chooses, then unfolds the answer with its
//! reasons. `theme/nightlight.js` adds the verdict and remembers it in the browser.

use anyhow::{Result, ensure};

use super::{Answer, Question, Quiz, Recorded};
use crate::folders::Folders;
use crate::markdown::{escape, inline};
use crate::{programs, transcript};

impl Quiz {
    /// The form. It holds no blank line, which would end Markdown's HTML block.
    pub fn html(&self, folders: &Folders) -> Result<String> {
        let name = escape(&self.name);
        let mut html = format!(
            "<form class=\"quiz\" data-quiz=\"{name}\">\n<p class=\"quiz-title\">{}</p>\n",
            inline(&self.title)
        );
        for (index, question) in self.questions.iter().enumerate() {
            html.push_str(&question.html(folders, &name, index + 1)?);
        }
        html.push_str("</form>\n");
        Ok(html)
    }
}

impl Question {
    fn html(&self, folders: &Folders, quiz: &str, number: usize) -> Result<String> {
        let id = escape(&self.id);
        let mut html = format!(
            "<fieldset data-question=\"{id}\">\n<legend>{number}. {}</legend>\n",
            inline(&self.ask)
        );
        if let Some(recorded) = &self.recorded {
            let beginning = self.beginning(folders, recorded)?;
            html.push_str(&format!(
                "<pre><code class=\"language-text\">{beginning}</code></pre>\n"
            ));
        }
        if let Some(program) = &self.program {
            let source = block(&programs::source(folders, program)?);
            html.push_str(&format!(
                "<pre><code class=\"language-rust\">{source}</code></pre>\n"
            ));
        }
        for answer in &self.answers {
            html.push_str(&answer.choice(&format!("{quiz}-{id}")));
        }
        html.push_str(&format!(
            "<label class=\"unsure\"><input type=\"radio\" name=\"{quiz}-{id}\" value=\"unsure\"> \
             <span>I don’t know yet</span></label>\n"
        ));
        html.push_str("<p class=\"quiz-verdict\" role=\"status\"></p>\n<details>\n");
        html.push_str(&format!(
            "<summary>Answer to question {number}, with reasons</summary>\n<ul>\n"
        ));
        for answer in &self.answers {
            html.push_str(&answer.reason());
        }
        html.push_str("</ul>\n</details>\n</fieldset>\n");
        Ok(html)
    }
}

impl Question {
    /// What happened before the moment in question. The right answer must be what came then.
    fn beginning(&self, folders: &Folders, recorded: &Recorded) -> Result<String> {
        let text = transcript::section_of(folders, &recorded.step, &recorded.section)?;
        let lines: Vec<&str> = text.lines().collect();
        let next = lines.get(recorded.shown).copied().unwrap_or_default();
        let right = self.answers.iter().find(|answer| answer.right);
        let claimed = right.map_or("", |answer| answer.say.trim_matches('`'));
        ensure!(
            next == claimed,
            "question `{}`: the answer says `{claimed}`, the recorded run goes on with `{next}`",
            self.id
        );
        Ok(block(
            &lines
                .iter()
                .take(recorded.shown)
                .copied()
                .collect::<Vec<_>>()
                .join("\n"),
        ))
    }
}

/// Lines as HTML that holds no line break: a blank line would end Markdown's HTML block.
fn block(text: &str) -> String {
    escape(text).replace('\n', "&#10;")
}

impl Answer {
    fn choice(&self, group: &str) -> String {
        let right = if self.right { " data-right" } else { "" };
        format!(
            "<label><input type=\"radio\" name=\"{group}\" value=\"{}\"{right}> \
             <span>{}</span></label>\n",
            escape(&self.say),
            inline(&self.say)
        )
    }

    fn reason(&self) -> String {
        let verdict = if self.right { "Right" } else { "Wrong" };
        format!(
            "<li><strong>{verdict}:</strong> {}. <span>{}</span></li>\n",
            inline(self.say.trim_end_matches('.')),
            inline(&self.because)
        )
    }
}
