//! What a learner does after a check.

use std::path::Path;

use crate::command::start;
use crate::pointer;
use crate::progress::Progress;
use course::Step;
use course::verdict::{Status, Verdict};

/// The words below a report on the learner's own step.
pub(super) fn advice(root: &Path, step: &Step, verdict: &Verdict) -> anyhow::Result<String> {
    Ok(match verdict.status {
        Status::Pass => {
            let next = Progress::open(root)?.after(step);
            let next = next.map(|next| (next, start::is_offered(root, next)));
            let ways = pointer::guide(&format!("{}#other-ways", step.chapter));
            let done = done(next);
            format!("{done}  There are other right ways, too: {ways}\n")
        }
        // The report says what to do, and that it is not the learner's to mend.
        Status::InfraError => String::new(),
        _ => format!(
            "\n  Edit lessons/{0}, then: cargo xtask check {1}\n",
            step.folder,
            step.name()
        ),
    })
}

/// What whoever has passed a step does after it: the next one, if any is left, and whether that can
/// begin with their own program.
fn done(next: Option<(&Step, bool)>) -> String {
    let Some((next, can_be_carried)) = next else {
        return "\n  Done, and so are all the others. Your nightlight is on the internet.\n"
            .to_owned();
    };
    let (name, guide) = (next.name(), pointer::guide(&next.chapter));
    let begin = match can_be_carried {
        true => format!("begin with `cargo xtask start {name}`"),
        false => format!("edit lessons/{}", next.folder),
    };
    format!(
        "\n  Done! Next: {name}, {}. Read it with `{guide}`, then {begin}.\n",
        next.goal
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::steps;

    #[test]
    fn the_last_step_says_that_it_is_the_last_and_any_other_what_comes_next() {
        assert_eq!(
            done(None),
            "\n  Done, and so are all the others. Your nightlight is on the internet.\n"
        );
        let second = &steps()[1];
        for (can_be_carried, begin) in [
            (true, "then begin with `cargo xtask start step2`."),
            (false, "then edit lessons/step2-telemetry."),
        ] {
            let said = done(Some((second, can_be_carried)));
            for words in ["Done! Next: step2, ", &second.goal, begin] {
                assert!(said.contains(words), "{said}");
            }
        }
    }
}
