//! What commands say, held against the readings that they answer.

use std::collections::HashSet;

use rumqttc::mqttbytes::v4::Publish;

use super::answers::{TOPIC, told_by};
use crate::actor::Actor;
use crate::findings::hearing::SPELLINGS;
use crate::findings::payload;
use crate::sheet::Finding;
use crate::stage::Stage;

/// JSON with true or false.
pub(super) const PAYLOAD: &str = "command-payload";
/// True when the light is below 300.
pub(super) const DECIDES: &str = "decides";
/// Not retained.
pub(super) const NOT_RETAINED: &str = "command-not-retained";

/// Judges the commands that answer readings of these levels.
pub(super) fn judge(stage: &mut Stage, server: &Actor, levels: &[u16], commands: &[Publish]) {
    for command in commands {
        let found = payload::topic(&command.topic, &server.id, "commands");
        stage.judge(server, TOPIC, found);
        stage.judge(server, NOT_RETAINED, not_retained(&[command]));
        let found = payload::led_on(&command.payload).map(drop);
        stage.judge(server, PAYLOAD, found);
    }
    let told: Vec<Option<bool>> = commands.iter().map(told_by).collect();
    stage.judge(server, DECIDES, decided(levels, &told));
}

fn decided(levels: &[u16], told: &[Option<bool>]) -> Result<(), Finding> {
    let answers = || levels.iter().copied().zip(told.iter().copied());
    let is_wrong = |(level, told): &(u16, Option<bool>)| *told == Some(*level >= 300);
    let Some((level, _)) = answers().find(is_wrong) else {
        return Ok(());
    };
    let finding = Finding::new(
        format!("light {level}: led_on {}", level < 300),
        format!("light {level}: led_on {}", level >= 300),
    );
    Err(finding.hint(if answers().all(|answer| is_wrong(&answer)) {
        "In the dark the light belongs on. Is the comparison the wrong way round?"
    } else if answers().all(|(_, led_on)| led_on == told[0]) {
        "The answer is always the same. `light < 300` is the whole decision, for each reading anew."
    } else if is_one_behind(levels, told) {
        "Each command says what belongs to the reading before. Decide by the level in this very \
         message, and not by one that was kept from before."
    } else if answers().all(|answer| answer.0 == 300 || !is_wrong(&answer)) {
        "Below 300 means `light < 300`: at exactly 300 it is off."
    } else if is_by_spelling(levels, told) {
        "It takes another number for the level where the reading is spelt in another way. Read the \
         payload as JSON: spaces, order and other names in it mean nothing."
    } else {
        "Other levels are answered rightly. `light < 300` is the whole decision: at exactly 300 it \
         is off, and nothing counts but the level in this very message."
    }))
}

/// Whether each answer is that to the reading before it.
pub(super) fn is_one_behind(levels: &[u16], told: &[Option<bool>]) -> bool {
    let mut pairs = levels.iter().zip(told.iter().skip(1));
    pairs.all(|(level, told)| *told == Some(*level < 300))
}

/// Whether nothing but some of the spellings are answered wrongly, and those always alike.
fn is_by_spelling(levels: &[u16], told: &[Option<bool>]) -> bool {
    let answers = levels.iter().zip(told).enumerate();
    let wrong = answers.filter(|(_, (level, told))| **told == Some(**level >= 300));
    let wrong: HashSet<usize> = wrong.map(|(number, _)| number % SPELLINGS.len()).collect();
    let alike = |spelling: &usize| {
        let mut spelt = told.iter().skip(*spelling).step_by(SPELLINGS.len());
        spelt.all(|answer| *answer == told[*spelling])
    };
    wrong.len() < SPELLINGS.len() / 2 && wrong.iter().all(alike)
}

pub(super) fn not_retained(commands: &[&Publish]) -> Result<(), Finding> {
    if commands.iter().any(|command| command.retain) {
        return Err(Finding::new(
            "a command that is not retained",
            "a retained command",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_decisions_is_seen_in_all_of_them() {
        let levels = [0, 1023, 299, 300, 150, 160, 900, 20, 30, 800, 70, 900, 80];
        let hint = |decide: &dyn Fn(usize) -> bool| {
            let told: Vec<_> = (0..levels.len()).map(|place| Some(decide(place))).collect();
            match decided(&levels, &told) {
                Ok(()) => String::new(),
                Err(finding) => finding.hint.unwrap_or_default(),
            }
        };
        let dark = |place: usize| levels[place] < 300;
        assert_eq!(hint(&dark), "");
        assert!(hint(&|place| !dark(place)).contains("wrong way round"));
        assert!(hint(&|_| false).contains("always the same"));
        assert!(hint(&|place| place > 0 && dark(place - 1)).contains("reading before"));
        assert!(hint(&|place| levels[place] <= 300).contains("exactly 300 it is off"));
        assert!(hint(&|place| place % SPELLINGS.len() == 4 || dark(place)).contains("JSON"));
        assert!(hint(&|place| levels[place] < 75).contains("Other levels"));
    }
}
