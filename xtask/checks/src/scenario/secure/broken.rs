//! Settings that make no sense end a program with words, before it connects to anything.

use std::fs;

use anyhow::Context;
use arena::record::{Entry, Event};
use course::ProgramId;

use crate::actor::{Actor, PROMPT};
use crate::findings::missed;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// An address without encryption.
const PLAIN: &str = "refuses-plain-address";
/// A file without a certificate.
const AUTHORITY: &str = "refuses-empty-authority";
/// A certificate, and the key of another one.
const KEY: &str = "refuses-other-key";

/// A file that somebody has saved from a page that says that there is no such file.
const NO_CERTIFICATE: &str = "<html><body>404 Not Found</body></html>\n";

/// One after the other.
pub(super) async fn settings(stage: &mut Stage, program: ProgramId) -> Result<(), Stop> {
    let actor = prepared(stage, program).await?;
    let plain = actor.line.url().replacen("mqtts://", "mqtt://", 1);
    actor.set("NIGHTLIGHT_BROKER", plain);
    ends(
        stage,
        &actor,
        PLAIN,
        "with an address that begins with mqtt://",
    )
    .await?;

    let actor = prepared(stage, program).await?;
    let file = actor.folder().join("no-authority.pem");
    fs::write(&file, NO_CERTIFICATE).context("no file can be written")?;
    actor.set("NIGHTLIGHT_BROKER_CA", file.display().to_string());
    ends(
        stage,
        &actor,
        AUTHORITY,
        "with an authority's file that holds no certificate",
    )
    .await?;

    let actor = prepared(stage, program).await?;
    let authority = &stage.security()?.authority;
    let (own, other) = (
        authority.issue_for_client("ada")?,
        authority.issue_for_client("ada")?,
    );
    actor.has_certificate(&own.pem(), &other.key_pem())?;
    ends(
        stage,
        &actor,
        KEY,
        "with a certificate, and the key of another one",
    )
    .await
}

async fn prepared(stage: &mut Stage, program: ProgramId) -> Result<std::sync::Arc<Actor>, Stop> {
    let actor = stage.prepare(program, &[100]).await?;
    actor.redact(|redaction| redaction.nothing());
    Ok(actor)
}

async fn ends(stage: &mut Stage, actor: &Actor, rule: &str, settings: &str) -> Result<(), Stop> {
    actor.is_misled();
    stage.start(actor).await?;
    let over = actor.record.when(0, PROMPT, |entries| {
        let dialled = entries.iter().any(is_dialled);
        (dialled || queries::end(entries).is_some()).then_some(dialled)
    });
    let over = over.await;
    // It was to end, and is not asked to.
    actor.kill().await;
    let expected =
        format!("{settings}: an end with words on standard error, before any connection");
    let found = match over {
        Ok(true) => Err(Finding::new(expected, "a connection to the broker")),
        Ok(false) => says_why(actor, expected),
        Err(why) => Err(missed(&actor.record, expected, &why)),
    };
    stage.insist(actor, rule, found)
}

fn is_dialled(entry: &Entry) -> bool {
    matches!(entry.event, Event::Dialled { .. })
}

fn says_why(actor: &Actor, expected: String) -> Result<(), Finding> {
    if let Some(panic) = actor.record.look(queries::panic) {
        return Err(Finding::new(expected, format!("it panicked: {panic}")));
    }
    let says = |entries: &[Entry]| queries::errors(entries).next().is_some();
    if actor.record.look(says) {
        return Ok(());
    }
    Err(Finding::new(expected, "an end without a word there"))
}
