//! A quiz as plain HTML: without JavaScript a reader thinks, then unfolds the answer with its
//! reasons. `theme/quiz.js` adds the verdict and remembers it in the browser.

use anyhow::{Result, ensure};

use super::puzzle::Extract;
use super::{Answer, Item, Kind, Question, Quiz, Recorded};
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
        let mut number = 0;
        for question in &self.questions {
            number += 1;
            let frame = Frame {
                id: question.id.clone(),
                first: String::new(),
                before: String::new(),
            };
            html.push_str(&question.html(folders, &name, number, &frame)?);
        }
        for again in self.asked_again(folders)? {
            number += 1;
            let (first, question) = (&again.quiz, again.question());
            let frame = Frame {
                id: format!("{}.{}", first.name, question.id),
                first: format!(
                    " data-first=\"{}/{}\"",
                    escape(&first.name),
                    escape(&question.id)
                ),
                before: format!(
                    "<p class=\"quiz-before\">Asked before, in <a href=\"{}\">{}</a>. \
                     <span class=\"first-time\" role=\"status\"></span></p>\n",
                    first.chapter.replace(".md", ".html"),
                    inline(&first.title)
                ),
            };
            html.push_str(&question.html(folders, &name, number, &frame)?);
        }
        if !self.again.is_empty() {
            html.push_str("<p class=\"quiz-compare needs-js\" role=\"status\"></p>\n");
        }
        html.push_str("</form>\n");
        Ok(html)
    }
}

/// What is around a question: its own, or that of a later quiz that asks it again.
struct Frame {
    /// Its id in this form.
    id: String,
    /// An attribute that says where the answer of the first time is remembered.
    first: String,
    /// A line that says where it was asked first.
    before: String,
}

impl Question {
    fn html(&self, folders: &Folders, quiz: &str, number: usize, frame: &Frame) -> Result<String> {
        let id = escape(&frame.id);
        let kind = match self.kind {
            Kind::Choice => "choice",
            Kind::Short => "short",
            Kind::Order => "order",
        };
        let mut html = format!(
            "<fieldset data-question=\"{id}\" data-kind=\"{kind}\"{}>\n<legend>{number}. {}</legend>\n{}",
            frame.first,
            inline(&self.ask),
            frame.before
        );
        if let Some(recorded) = &self.recorded {
            let beginning = self.beginning(folders, recorded)?;
            if !beginning.is_empty() {
                html.push_str(&format!(
                    "<pre><code class=\"language-text\">{beginning}</code></pre>\n"
                ));
            }
        }
        if let Some(program) = &self.program {
            let source = block(&programs::source(folders, program)?);
            html.push_str(&format!(
                "<pre><code class=\"language-rust\">{source}</code></pre>\n"
            ));
        }
        for extract in &self.extracts {
            html.push_str(&extract.html());
        }
        html.push_str(&match self.kind {
            Kind::Choice => self.choices(&format!("{quiz}-{id}")),
            Kind::Short => "<p class=\"needs-js\"><label class=\"short\">Your answer: \
                <input type=\"text\" autocomplete=\"off\" autocapitalize=\"none\" \
                spellcheck=\"false\"></label></p>\n"
                .to_owned(),
            Kind::Order => self.shuffled(),
        });
        html.push_str("<p class=\"quiz-verdict\" role=\"status\"></p>\n<details>\n");
        html.push_str(&format!(
            "<summary>Answer to question {number}, with reasons</summary>\n{}</details>\n</fieldset>\n",
            self.reasons()
        ));
        Ok(html)
    }

    /// What happened before the moment in question. What is right must be what came then.
    fn beginning(&self, folders: &Folders, recorded: &Recorded) -> Result<String> {
        let text = transcript::section_of(folders, &recorded.step, &recorded.section)?;
        let lines: Vec<&str> = text.lines().collect();
        let rest = lines.get(recorded.shown..).unwrap_or_default();
        let right = self.answers.iter().filter(|answer| answer.right);
        let right = right.map(|answer| answer.say.as_str()).take(1);
        let claimed = right.chain(self.items.iter().map(|item| item.say.as_str()));
        let claimed: Vec<&str> = claimed.map(|say| say.trim_matches('`')).collect();
        let next = rest.get(..claimed.len()).unwrap_or(rest);
        ensure!(
            next == claimed,
            "question `{}`: the answer says `{}`, the recorded run goes on with `{}`",
            self.id,
            claimed.join("`, `"),
            next.join("`, `")
        );
        let shown = lines.get(..recorded.shown).unwrap_or_default();
        Ok(block(&shown.join("\n")))
    }

    fn choices(&self, group: &str) -> String {
        let choices = self.answers.iter().map(|answer| answer.choice(group));
        let unsure = format!(
            "<label class=\"unsure\"><input type=\"radio\" name=\"{group}\" value=\"unsure\"> \
             <span>I don’t know yet</span></label>\n"
        );
        choices.chain([unsure]).collect()
    }

    /// The items in another order than the right one, and always the same: odd places backwards,
    /// then even ones.
    fn shuffled(&self) -> String {
        let ids: Vec<String> = self.items.iter().map(|item| escape(&item.id)).collect();
        let odd = self.items.iter().skip(1).step_by(2).rev();
        let items: String = odd
            .chain(self.items.iter().step_by(2))
            .map(Item::movable)
            .collect();
        format!(
            "<ol class=\"order\" data-order=\"{}\">\n{items}</ol>\n",
            ids.join(" ")
        )
    }

    fn reasons(&self) -> String {
        if self.kind == Kind::Order {
            let items = self.items.iter();
            let items: String = items
                .map(|item| format!("<li>{}</li>", inline(&item.say)))
                .collect();
            let because = inline(self.because.as_deref().unwrap_or_default());
            return format!("<ol>{items}</ol>\n<p class=\"because\"><span>{because}</span></p>\n");
        }
        let reasons: String = self.answers.iter().map(Answer::reason).collect();
        format!("<ul>\n{reasons}</ul>\n")
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
            escape(self.id()),
            inline(&self.say)
        )
    }

    fn reason(&self) -> String {
        let (verdict, right) = if self.right {
            ("Right", " data-right")
        } else {
            ("Wrong", "")
        };
        let also = self.also.iter().map(String::as_str);
        let ways: Vec<&str> = [self.say.as_str()].into_iter().chain(also).collect();
        format!(
            "<li data-answer=\"{}\" data-accept=\"{}\"{right}><strong>{verdict}:</strong> {}. \
             <span>{}</span></li>\n",
            escape(self.id()),
            escape(&ways.join(" | ")),
            inline(self.say.trim_end_matches('.')),
            inline(&self.because)
        )
    }
}

impl Extract {
    fn html(&self) -> String {
        let title = format!("<p class=\"quiz-extract\">{}:</p>\n", inline(&self.title));
        if self.lines.is_empty() {
            return title;
        }
        let lines = block(&self.lines.join("\n"));
        format!("{title}<pre><code class=\"language-text\">{lines}</code></pre>\n")
    }
}

impl Item {
    fn movable(&self) -> String {
        format!(
            "<li data-item=\"{}\"><span>{}</span></li>\n",
            escape(&self.id),
            inline(&self.say)
        )
    }
}
