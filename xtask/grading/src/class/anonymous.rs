//! A class without names: whoever grades or reads it sees numbers, and only a key tells whose they are.

use std::io;

use super::{Class, Learner};
use crate::import::Submission;
use crate::sheets::Dialect;
use crate::text;

/// Last parts of a path in a submission that are kept: before them stands what a learner has called the folder.
const KEPT: usize = 2;

impl Learner {
    /// What stands for the name where there are no names.
    #[must_use]
    pub fn pseudonym(&self) -> String {
        let number = self.number.map(|number| number.to_string());
        format!(
            "learner {}",
            number.as_deref().unwrap_or("without a number")
        )
    }
}

impl Class {
    /// The class by its learners' numbers. Entries of the folder that are in no row are left out: their names tell
    /// whose they are.
    #[must_use]
    pub fn anonymous(self) -> Self {
        let learners = self.learners.into_iter().map(without_name);
        let mut learners: Vec<Learner> = learners.collect();
        learners.sort_by(|one, other| one.name.cmp(&other.name));
        Self {
            learners,
            aside: Vec::new(),
            withdrawn: Vec::new(),
            ..self
        }
    }

    /// Writes the key: the number and the name of each learner.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn key(&self, dialect: Dialect, to: impl io::Write) -> Result<(), csv::Error> {
        let mut table = dialect.table(to)?;
        table.write_record(["number", "learner"])?;
        let mut learners: Vec<&Learner> = self.learners.iter().collect();
        learners.sort_by_key(|learner| learner.number);
        for learner in learners {
            table.write_record([learner.pseudonym(), text::cell(&learner.name)])?;
        }
        table.flush()?;
        Ok(())
    }
}

fn without_name(mut learner: Learner) -> Learner {
    let name = learner.pseudonym();
    for verdict in learner.verdicts.values_mut() {
        verdict.subject.clone_from(&name);
    }
    let submission = learner.submission.map(|mut submission| {
        for refusal in &mut submission.refused {
            let parts: Vec<&str> = refusal.path.split(['/', '\\']).collect();
            let kept = parts.len().saturating_sub(KEPT);
            refusal.path = parts[kept..].join("/");
        }
        Submission {
            learner: name.clone(),
            ..submission
        }
    });
    Learner {
        name,
        submission,
        ..learner
    }
}

#[cfg(test)]
mod tests {
    use crate::class::examples::class;
    use crate::sheets::Dialect;
    use crate::{machines, pages, rubric, sheets};

    #[test]
    fn no_page_and_no_sheet_tells_a_name() {
        let mut class = class();
        let names = ["lovelace", "builder", "adams"];
        for (learner, name) in class.learners.iter_mut().skip(1).zip(names) {
            learner.name = name.to_owned();
            learner
                .verdicts
                .values_mut()
                .for_each(|verdict| verdict.subject = name.to_owned());
            if let Some(submission) = &mut learner.submission {
                submission.learner = name.to_owned();
                let refused = submission.refused.iter_mut();
                refused.for_each(|refusal| refusal.path = format!("{name}/kit/{}", refusal.path));
            }
        }
        for (learner, number) in class.learners.iter_mut().zip([4711, 4714, 4712, 4713]) {
            learner.number = Some(number);
        }
        class.withdrawn.push("adams".to_owned());
        let mut key = Vec::new();
        class.key(Dialect::default(), &mut key).expect("a key");
        let key = String::from_utf8(key).expect("text");
        assert!(key.contains("learner 4714,lovelace\n"), "{key}");

        let class = class.anonymous();
        let mut written = vec![Vec::new(); 4];
        sheets::grades(&class, Dialect::default(), &mut written[0]).expect("a table");
        rubric::sheet(&class, &[], Dialect::default(), &mut written[1]).expect("a table");
        machines::json(&class, &mut written[2]).expect("JSON");
        machines::junit(&class, &mut written[3]).expect("XML");
        let mut texts: Vec<String> = written
            .into_iter()
            .map(|bytes| String::from_utf8(bytes).expect("text"))
            .collect();
        texts.push(pages::overview(&class, &[], |learner| learner.name.clone()));
        for learner in &class.learners {
            texts.push(pages::feedback(&class, learner, &[]));
            texts.push(machines::gradescope(&class, learner).expect("JSON"));
        }
        for text in texts {
            for name in names {
                assert!(!text.contains(name), "{name} is in\n{text}");
            }
        }
        let order: Vec<&str> = class.learners.iter().map(|one| one.name.as_str()).collect();
        let sorted = [
            "learner 4711",
            "learner 4712",
            "learner 4713",
            "learner 4714",
        ];
        assert_eq!(order, sorted);
    }
}
