//! JUnit XML: a suite a learner, a test case a criterion.
//!
//! There are several schemas of it. This is what both the one of Ant's reports (windyroad, JUnit.xsd) and Jenkins's
//! (xunit plugin, junit-10.xsd) allow.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io;

use crate::class::{Cell, Class, Learner, Step};
use crate::date;
use crate::text;
use course::verdict::{Outcome, Row, Verdict};

/// One criterion, or a step that was not judged by its criteria.
struct Case {
    name: String,
    classname: String,
    /// In milliseconds.
    time: u64,
    end: End,
}

enum End {
    Passed,
    Skipped,
    /// What went wrong, of which kind, and all that there is to say.
    Failed(String, String, String),
    /// The same, and it was not the learner.
    Broken(String, String, String),
}

/// The class as JUnit XML.
///
/// # Errors
/// When `to` cannot be written.
pub fn junit(class: &Class, to: impl io::Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(to, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let started = class.batch.as_ref().map_or(0, |batch| batch.started);
    let timestamp = date::timestamp(started);
    xml.create_element("testsuites")
        .write_inner_content(|xml| {
            for (id, learner) in class.learners.iter().enumerate() {
                let cases: Vec<Case> = class
                    .steps
                    .iter()
                    .flat_map(|step| cases(learner, step))
                    .collect();
                suite(xml, id, &text::plain(&learner.name), &timestamp, &cases)?;
            }
            Ok(())
        })?;
    Ok(())
}

fn suite(
    xml: &mut Writer<impl io::Write>,
    id: usize,
    name: &str,
    timestamp: &str,
    cases: &[Case],
) -> io::Result<()> {
    let count = |is_one: fn(&End) -> bool| {
        let count = cases.iter().filter(|case| is_one(&case.end)).count();
        count.to_string()
    };
    let (id, tests) = (id.to_string(), cases.len().to_string());
    let failures = count(|end| matches!(end, End::Failed(..)));
    let errors = count(|end| matches!(end, End::Broken(..)));
    let skipped = count(|end| matches!(end, End::Skipped));
    let time = seconds(cases.iter().map(|case| case.time).sum());
    xml.create_element("testsuite")
        .with_attributes([
            ("id", id.as_str()),
            ("package", "nightlight"),
            ("name", name),
            ("timestamp", timestamp),
            ("hostname", "localhost"),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", &errors),
            ("skipped", &skipped),
            ("time", &time),
        ])
        .write_inner_content(|xml| {
            xml.create_element("properties").write_empty()?;
            for case in cases {
                write(xml, case)?;
            }
            xml.create_element("system-out").write_empty()?;
            xml.create_element("system-err").write_empty()?;
            Ok(())
        })?;
    Ok(())
}

fn write<W: io::Write>(xml: &mut Writer<W>, case: &Case) -> io::Result<()> {
    let time = seconds(case.time);
    let element = xml.create_element("testcase").with_attributes([
        ("name", case.name.as_str()),
        ("classname", &case.classname),
        ("time", &time),
    ]);
    let (kind, message, of_kind, words) = match &case.end {
        End::Passed => return element.write_empty().map(drop),
        End::Skipped => {
            let skipped = |xml: &mut Writer<W>| {
                xml.create_element("skipped").write_empty()?;
                Ok(())
            };
            return element.write_inner_content(skipped).map(drop);
        }
        End::Failed(message, of_kind, words) => ("failure", message, of_kind, words),
        End::Broken(message, of_kind, words) => ("error", message, of_kind, words),
    };
    element
        .write_inner_content(|xml| {
            xml.create_element(kind)
                .with_attributes([("message", message.as_str()), ("type", of_kind)])
                .write_text_content(BytesText::new(words))?;
            Ok(())
        })
        .map(drop)
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

fn cases(learner: &Learner, step: &Step) -> Vec<Case> {
    let reason = text::plain(&learner.reason(&step.name).unwrap_or_default());
    let whole = |end| {
        vec![Case {
            name: "check".to_owned(),
            classname: text::plain(&step.name),
            time: 0,
            end,
        }]
    };
    let words = |verdict: &Verdict| text::plain(verdict.message.as_deref().unwrap_or_default());
    let status = |verdict: &Verdict| verdict.status.name().to_owned();
    match learner.cell(&step.name) {
        Cell::Graded(verdict) if verdict.criteria.is_empty() => {
            whole(End::Failed(reason, status(verdict), words(verdict)))
        }
        Cell::Graded(verdict) => {
            let rows = verdict.criteria.iter();
            rows.map(|row| case(step, verdict, row)).collect()
        }
        Cell::Missing => whole(End::Failed(reason, "missing".to_owned(), String::new())),
        Cell::OurError(verdict) => whole(End::Broken(reason, status(verdict), words(verdict))),
        Cell::Open => whole(End::Skipped),
    }
}

fn case(step: &Step, verdict: &Verdict, row: &Row) -> Case {
    let end = match row.status {
        Outcome::Pass => End::Passed,
        Outcome::Skip => End::Skipped,
        Outcome::Fail => {
            let said = [
                ("expected", &row.expected),
                ("actual", &row.actual),
                ("hint", &row.hint),
            ];
            let said = said
                .into_iter()
                .filter_map(|(name, words)| Some(format!("{name}: {}", words.as_ref()?)));
            let said = said.collect::<Vec<_>>().join("\n");
            End::Failed(
                text::plain(&row.title),
                text::plain(&row.id),
                text::plain(&said),
            )
        }
    };
    Case {
        name: text::plain(&row.id),
        classname: text::plain(&step.name),
        // The scenes of a step decide all its criteria in one run.
        time: verdict.timings.run_ms / verdict.criteria.len().max(1) as u64,
        end,
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::class::examples::class;

    /// A class in which every word of somebody else's holds `text`.
    fn full_of(text: &str) -> Class {
        let mut class = class();
        for learner in &mut class.learners {
            learner.name += text;
            for verdict in learner.verdicts.values_mut() {
                verdict.message = verdict.message.as_ref().map(|words| words.clone() + text);
                for row in &mut verdict.criteria {
                    row.actual = row.actual.as_ref().map(|words| words.clone() + text);
                }
            }
            if let Some(submission) = &mut learner.submission {
                submission.problem = Some(text.to_owned());
            }
        }
        class
    }

    fn written(class: &Class) -> String {
        let mut xml = Vec::new();
        junit(class, &mut xml).expect("XML");
        String::from_utf8(xml).expect("text")
    }

    #[test]
    fn failures_errors_and_hostile_words_are_told_apart() {
        let xml = written(&class());
        assert!(
            xml.contains("<error message=\"could not be graded (our error)\""),
            "{xml}"
        );
        assert!(xml.contains("<failure message=\"not handed in\""), "{xml}");
        assert!(xml.contains("expected: led_on true"), "{xml}");
        assert!(!xml.contains("<script"), "{xml}");
        assert!(!xml.contains('\u{1b}'), "{xml}");
    }

    #[test]
    fn whatever_is_said_the_xml_holds_only_what_xml_may() {
        let mut every: String = (0..=0x2fff_u32).filter_map(char::from_u32).collect();
        every += "]]><!--\u{d7ff}\u{e000}\u{fffd}\u{fffe}\u{ffff}\u{1fffe}\u{10ffff}\u{feff}&#xffff;&#0;";
        let xml = written(&full_of(&every));
        let may = |letter: &char| matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        let wrong: Vec<char> = xml.chars().filter(|letter| !may(letter)).collect();
        assert_eq!(wrong, []);
        // The one reference that a writer of XML could make of them.
        assert!(!xml.contains("&#0") && !xml.contains("&#xff"), "{xml}");
        parses(&xml);
    }

    /// Where there is Python: its parser, which takes nothing that is not well-formed.
    fn parses(xml: &str) {
        let program = "import sys, xml.dom.minidom as dom; \
                       root = dom.parseString(sys.stdin.buffer.read()).documentElement; \
                       assert root.tagName == 'testsuites', root.tagName";
        let python = Command::new("python3")
            .args(["-c", program])
            .stdin(Stdio::piped())
            .spawn();
        let Ok(mut python) = python else {
            eprintln!("there is no Python here: not parsed");
            return;
        };
        let stdin = python.stdin.take();
        io::Write::write_all(&mut stdin.expect("a pipe"), xml.as_bytes()).expect("written");
        assert!(python.wait().expect("an end").success());
    }
}
