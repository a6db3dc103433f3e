//! What a scene notes of the rules that its step asks for.

use super::{Stage, Stop};
use crate::actor::Actor;
use crate::sheet::{Finding, Judgement};

impl Stage {
    /// Whether the step asks this of a program.
    pub fn asks(&self, actor: &Actor, rule: &str) -> bool {
        self.sheet.asks(rule, actor.program.id)
    }

    /// Whether a rule was seen broken in this scene.
    pub fn has_failed(&self, actor: &Actor, rule: &str) -> bool {
        let found = self.sheet.judgement(rule, actor.program.id);
        found.is_some_and(Judgement::is_fail)
    }

    /// Notes that a rule is kept, unless it was already seen broken.
    pub fn pass(&mut self, actor: &Actor, rule: &str) {
        self.sheet.note(rule, actor.program.id, Judgement::Pass);
    }

    /// Notes what was found instead.
    pub fn fail(&mut self, actor: &Actor, rule: &str, finding: Finding) {
        let judgement = Judgement::Fail(finding);
        self.sheet.note(rule, actor.program.id, judgement);
    }

    /// Notes what was found instead, where the rest of the scene makes no sense any more.
    pub fn stop(&mut self, actor: &Actor, rule: &str, finding: Finding) -> Stop {
        self.fail(actor, rule, finding);
        Stop::Program
    }

    /// Notes either.
    pub fn judge(&mut self, actor: &Actor, rule: &str, found: Result<(), Finding>) {
        match found {
            Ok(()) => self.pass(actor, rule),
            Err(finding) => self.fail(actor, rule, finding),
        }
    }

    /// Notes either, and ends the scene where the rest would make no sense.
    ///
    /// # Errors
    /// [`Stop::Program`] when the rule is broken.
    pub fn insist(
        &mut self,
        actor: &Actor,
        rule: &str,
        found: Result<(), Finding>,
    ) -> Result<(), Stop> {
        match found {
            Ok(()) => {
                self.pass(actor, rule);
                Ok(())
            }
            Err(finding) => Err(self.stop(actor, rule, finding)),
        }
    }

    /// Notes only what is wrong: whether the rule is kept is seen elsewhere.
    pub fn judge_seen(&mut self, actor: &Actor, rule: &str, found: Result<(), Finding>) {
        if let Err(finding) = found {
            self.fail(actor, rule, finding);
        }
    }

    /// Takes back every other finding: this one explains them all.
    pub fn explains_all(&mut self, actor: &Actor, rule: &str) {
        self.sheet.explains_all(rule, actor.program.id);
    }
}
