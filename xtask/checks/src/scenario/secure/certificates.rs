//! The broker's certificate is not what it should be. Nothing of MQTT leaves the program then, it says
//! why, and tries again.

use arena::record::{Entry, Event, Missed};
use arena_tls::{Certificate, Flaw, IN_THE_CLEAR};
use course::ProgramId;

use super::words::{self, Said};
use crate::actor::{Actor, ROUND};
use crate::findings::encryption::NEVER_PLAIN;
use crate::findings::introduction::arrive;
use crate::findings::outage::{self, RETURNS};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Security, Stage, Stop};

/// Nobody but a broker with a good certificate hears a word of MQTT.
const VERIFIES: &str = "verifies";
/// And it says why.
const SAYS_WHY: &str = "says-why";

/// What a program meets in the place of its broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Stranger,
    Impostor,
    SelfSigned,
    Flawed(Flaw),
    Plain,
}

const CASES: [Case; 11] = [
    Case::Stranger,
    Case::Impostor,
    Case::SelfSigned,
    Case::Flawed(Flaw::WrongName),
    Case::Flawed(Flaw::NoAlternativeName),
    Case::Flawed(Flaw::Expired),
    Case::Flawed(Flaw::NotYetValid),
    Case::Flawed(Flaw::WrongUse),
    Case::Flawed(Flaw::Authority),
    Case::Flawed(Flaw::Version1),
    Case::Plain,
];

impl Case {
    /// In words.
    fn name(self) -> &'static str {
        match self {
            Self::Stranger => "a certificate of an authority that nobody knows",
            Self::Impostor => {
                "a certificate of an authority that only calls itself as the known one does"
            }
            Self::SelfSigned => "a certificate that vouches for itself",
            Self::Flawed(Flaw::WrongName) => "a certificate for another host",
            Self::Flawed(Flaw::NoAlternativeName) => "a certificate without an alternative name",
            Self::Flawed(Flaw::Expired) => "a certificate that has expired",
            Self::Flawed(Flaw::NotYetValid) => "a certificate that is not valid yet",
            Self::Flawed(Flaw::WrongUse) => "a certificate that is for clients",
            Self::Flawed(Flaw::Authority) => "a certificate that is an authority's own",
            Self::Flawed(Flaw::Version1) => "a certificate of version 1",
            Self::Plain => "no TLS on this port",
        }
    }

    /// Whether it is to be told in words of its own. Of the others there are several that people call the
    /// same.
    fn has_own_words(self) -> bool {
        matches!(
            self,
            Self::Stranger
                | Self::Plain
                | Self::Flawed(
                    Flaw::WrongName | Flaw::Expired | Flaw::NotYetValid | Flaw::WrongUse
                )
        )
    }

    fn show(self, security: &Security) -> anyhow::Result<()> {
        let certificate = match self {
            Self::Stranger => security.stranger.issue()?,
            Self::Impostor => security.impostor.issue()?,
            Self::SelfSigned => Certificate::self_signed()?,
            Self::Flawed(flaw) => security.authority.issue_with(flaw)?,
            Self::Plain => {
                security.link.speak_plain();
                return Ok(());
            }
        };
        security.link.renew(&certificate)
    }

    /// What to try when it is accepted.
    fn hint(self) -> &'static str {
        match self {
            Self::Flawed(Flaw::WrongName | Flaw::NoAlternativeName) => {
                "An authority gives certificates to many. Only the name says that it is your broker's: \
                 rustls compares it, unless a verifier of your own does not."
            }
            Self::Flawed(Flaw::Expired | Flaw::NotYetValid) => {
                "A certificate counts from one day to another. rustls looks at the clock, unless a \
                 verifier of your own does not."
            }
            Self::Flawed(Flaw::WrongUse) => {
                "A certificate says what it is for, and a client's is not for a broker. rustls looks \
                 at that, unless a verifier of your own does not."
            }
            _ => {
                "Anybody can make a certificate with any name in it. What counts is who has signed it: \
                 leave that to rustls, with `with_root_certificates`, and write no verifier of your own."
            }
        }
    }
}

/// The line is cut, and there is another certificate when the program comes back, again and again.
pub(super) async fn certificates(stage: &mut Stage, program: ProgramId) -> Result<(), Stop> {
    let actor = stage.enter(program, &[100]).await?;
    actor.redact(|redaction| redaction.nothing());
    arrive(stage, &actor).await?;

    // What it says of any line that breaks.
    let start = actor.record.len();
    actor.cut();
    outage::comes_back(stage, &actor, start).await?;
    let usual = start..actor.record.len();

    let mut cases = CASES;
    stage.dice.shuffle(&mut cases);
    let mut told = Vec::new();
    for case in cases {
        case.show(stage.security()?)?;
        let start = actor.record.len();
        actor.cut();
        let refused = is_refused(&actor, start, case).await;
        if let Err((rule, finding)) = refused {
            return Err(stage.stop(&actor, rule, finding));
        }
        let said = words::says(&actor, case.name(), start, &usual).await;
        stage.insist(&actor, SAYS_WHY, said)?;

        let good = actor.record.len();
        let security = stage.security()?;
        security.link.renew(&security.authority.issue()?)?;
        // A good one again: it is accepted at the next connection.
        outage::comes_back(stage, &actor, good).await?;
        // On a busy machine it may have said so far only what it says of some cut. Who is back has
        // said it all.
        let within = start..actor.record.len();
        if case.has_own_words() {
            told.push(Said {
                of: case.name(),
                within,
            });
        }
    }
    stage.pass(&actor, VERIFIES);
    stage.pass(&actor, NEVER_PLAIN);
    stage.judge(&actor, SAYS_WHY, words::differ(&actor, &told, &usual));
    actor.calm(words::QUIET).await;
    Ok(())
}

/// Waits until a handshake has come to nothing, and once more: it goes on to try.
///
/// # Errors
/// The rule that is broken, and what was seen.
async fn is_refused(
    actor: &Actor,
    since: usize,
    case: Case,
) -> Result<(), (&'static str, Finding)> {
    let twice = actor.drive(since, ROUND, |entries| {
        // What the old connection has carried comes in between.
        let connects = queries::connects(entries).next().is_some();
        let spoke = connects || entries.iter().any(is_plain);
        (spoke || queries::failed_links(entries) > 1).then_some(spoke)
    });
    let expected = format!("where there is {}: nothing of MQTT", case.name());
    match twice.await {
        Ok(false) => Ok(()),
        Ok(true) => Err(actor.record.look(|entries| {
            let since = &entries[since..];
            if case == Case::Plain || since.iter().any(is_plain) {
                (
                    NEVER_PLAIN,
                    Finding::new(expected, "a CONNECT in the clear"),
                )
            } else {
                let finding = Finding::new(expected, "a CONNECT, with all that is in it");
                (VERIFIES, finding.hint(case.hint()))
            }
        })),
        Err(why) => Err((RETURNS, gives_up(actor, case, &why))),
    }
}

fn gives_up(actor: &Actor, case: Case, why: &Missed) -> Finding {
    let finding = outage::gone(actor, why);
    Finding {
        expected: format!("another attempt after there was {}", case.name()),
        ..finding
    }
}

fn is_plain(entry: &Entry) -> bool {
    matches!(&entry.event, Event::LinkFailed { reason, .. } if reason == IN_THE_CLEAR)
}
