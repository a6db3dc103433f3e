//! The line is encrypted, and by nobody but those who should: each program's record is looked at for
//! that, whatever the scene was about.

use arena::record::{Entry, Event};
use arena_tls::IN_THE_CLEAR;

use crate::actor::Actor;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::Stage;

/// It speaks TLS, from the first byte on.
pub const ENCRYPTS: &str = "encrypts";
/// It believes the authority that its settings name.
pub const TRUSTS: &str = "trusts";
/// It speaks in the clear not even when there is no other way.
pub const NEVER_PLAIN: &str = "never-plain";

/// Looks back at a whole scene over TLS, in which the broker's first certificate was good.
///
/// Where the broker asks for a certificate, who shows none is refused.
pub fn look_back(stage: &mut Stage, actor: &Actor, asks: bool) {
    if !actor.is_told_well() {
        return;
    }
    match actor.record.look(first_word) {
        Some(First::Clear) => explain(
            stage,
            actor,
            ENCRYPTS,
            Finding::new("a TLS handshake", "a CONNECT in the clear"),
        ),
        Some(First::ClearAtLast) => explain(
            stage,
            actor,
            NEVER_PLAIN,
            Finding::new(
                "a TLS handshake, however often there was no connection",
                "a CONNECT in the clear",
            ),
        ),
        Some(First::Refused(reason)) if !asks => explain(
            stage,
            actor,
            TRUSTS,
            Finding::new(
                "a TLS handshake with a broker whose certificate is good",
                format!("none came about: {reason}"),
            ),
        ),
        Some(First::Encrypted) => {
            stage.pass(actor, ENCRYPTS);
            stage.pass(actor, TRUSTS);
        }
        Some(First::Refused(_)) | None => {}
    }
}

fn explain(stage: &mut Stage, actor: &Actor, rule: &str, finding: Finding) {
    stage.fail(actor, rule, finding);
    // Nothing else can come about then.
    stage.explains_all(actor, rule);
}

/// What a program's first connection came to.
enum First {
    Encrypted,
    Clear,
    /// After a connection that was refused.
    ClearAtLast,
    /// There was no handshake, for this reason.
    Refused(String),
}

fn first_word(entries: &[Entry]) -> Option<First> {
    let mut was_refused = false;
    entries.iter().find_map(|entry| match &entry.event {
        Event::Dialled {
            accepted: false, ..
        } => {
            was_refused = true;
            None
        }
        Event::LinkFailed { reason, .. } if reason == IN_THE_CLEAR => Some(match was_refused {
            true => First::ClearAtLast,
            false => First::Clear,
        }),
        Event::LinkFailed { reason, .. } => Some(First::Refused(reason.clone())),
        _ => queries::sent(entry).map(|_| First::Encrypted),
    })
}
