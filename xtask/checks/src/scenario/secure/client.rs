//! The broker asks for a certificate of the program's own.

use arena::record::Event;
use course::ProgramId;

use super::words;
use crate::actor::{PROMPT, ROUND};
use crate::findings::missed;
use crate::findings::outage::{self, RETURNS};
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// It shows the one that its settings name, and says when it has none.
const CLIENT: &str = "client-certificate";

/// First it has none, and is refused for that; then it has one.
pub(super) async fn own(stage: &mut Stage, program: ProgramId) -> Result<(), Stop> {
    stage.asks_for_certificates()?;
    let without = stage.prepare(program, &[100]).await?;
    without.redact(|redaction| redaction.nothing());
    stage.start(&without).await?;
    let refused = without.drive(0, ROUND, |entries| {
        (queries::failed_links(entries) > 1).then_some(())
    });
    let refused = refused.await.map_err(|why| outage::gone(&without, &why));
    stage.insist(&without, RETURNS, refused)?;
    let said = without.record.when(0, PROMPT, |entries| {
        queries::errors(entries).next().map(drop)
    });
    let expected = "a line on standard error that says that the broker refuses this program";
    let said = said
        .await
        .map_err(|why| missed(&without.record, expected, &why));
    stage.insist(&without, CLIENT, said)?;
    without.leave().await;

    let with = stage.prepare(program, &[100]).await?;
    with.redact(|redaction| redaction.nothing());
    let certificate = stage.security()?.authority.issue_for_client("ada")?;
    with.has_certificate(&certificate.pem(), &certificate.key_pem())?;
    stage.start(&with).await?;
    let online = with.drive(0, PROMPT, |entries| {
        let is_online = entries.iter().any(queries::is_accepted);
        let refused = entries.iter().find_map(|entry| match &entry.event {
            Event::LinkFailed { reason, .. } => Some(reason.clone()),
            _ => None,
        });
        is_online.then_some(None).or(refused.map(Some))
    });
    let expected = "a TLS handshake with the certificate that NIGHTLIGHT_CERT names";
    let shown = match online.await {
        Ok(None) => Ok(()),
        Ok(Some(reason)) => Err(Finding::new(
            expected,
            format!("the broker refuses it: {reason}"),
        )),
        Err(why) => Err(missed(&with.record, expected, &why)),
    };
    stage.insist(&with, CLIENT, shown)?;
    with.calm(words::QUIET).await;
    Ok(())
}
