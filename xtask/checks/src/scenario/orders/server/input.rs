//! The operator goes home: the input is over, and the server is not.

use arena::line::Answer;

use super::desk::at_the_desk;
use super::ledger::Order;
use super::unacknowledged::goes_out;
use crate::actor::ROUND;
use crate::findings::missed;
use crate::queries;
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// The end of its input ends nothing.
const INPUT_ENDS: &str = "input-ends";

/// The input ends while an order waits for its PUBACK, and then the line breaks.
pub async fn ends(stage: &mut Stage) -> Result<(), Stop> {
    let (server, mut desk) = at_the_desk(stage).await?;
    let start = server.record.len();
    server.line.withhold(Answer::PubAck);
    desk.types(Order::Task(true)).await;
    goes_out(stage, &desk, start, 1).await?;
    server.end_input().await;
    let cut = server.record.len();
    server.cut();
    let back = server.record.when(cut, ROUND, |entries| {
        entries.iter().any(queries::is_accepted).then_some(())
    });
    let back = back.await.map_err(|why| {
        let expected = "after the end of its input: a server that goes on";
        let finding = missed(&server.record, expected, &why);
        hinted(finding)
    });
    stage.insist(&server, INPUT_ENDS, back)?;
    server.line.up();
    let sent = desk.is_sent(Some(INPUT_ENDS)).await;
    if sent.is_err() && !server.has_ended() {
        // What is not sent again is told elsewhere.
        return Err(Stop::Program);
    }
    sent.map_err(|(rule, finding)| stage.stop(&server, rule, hinted(finding)))?;
    stage.pass(&server, INPUT_ENDS);
    Ok(())
}

fn hinted(finding: Finding) -> Finding {
    if finding.hint.is_some() && finding.actual.contains("panicked") {
        return finding;
    }
    finding.hint(
        "A server that is started by a service has nothing on its standard input at all. The thread \
         that reads it ends with the input; `main` goes on with the event loop until Ctrl-C.",
    )
}
