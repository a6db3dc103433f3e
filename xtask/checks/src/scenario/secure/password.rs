//! The broker asks for a user and a password.

use arena::wire::ConnectReturnCode;
use course::ProgramId;

use super::words::{self, Said};
use crate::actor::ROUND;
use crate::findings::introduction::arrive;
use crate::findings::outage::{self, RETURNS};
use crate::queries::{self, is_refused};
use crate::sheet::Finding;
use crate::stage::{Stage, Stop};

/// It gives what its address says.
const LOGS_IN: &str = "logs-in";
/// It says when that is not what the broker wants to hear.
const SAYS: &str = "says-wrong-password";

/// What the broker may answer, and what that means. The first one is about no password.
const ANSWERS: [(ConnectReturnCode, &str); 3] = [
    (
        ConnectReturnCode::ServiceUnavailable,
        "the broker is not ready (CONNACK 3)",
    ),
    (
        ConnectReturnCode::BadUserNamePassword,
        "user or password are wrong (CONNACK 4)",
    ),
    (
        ConnectReturnCode::NotAuthorized,
        "user or password are wrong, or this user may not (CONNACK 5)",
    ),
];

/// It is let in, and then not any more, for one reason and another.
pub(super) async fn password(stage: &mut Stage, program: ProgramId) -> Result<(), Stop> {
    let actor = stage.prepare(program, &[100]).await?;
    actor.redact(|redaction| redaction.nothing());
    // Whom it is to believe is the second one in its file here.
    let security = stage.security()?;
    let (other, known) = (security.stranger.pem(), security.authority.pem());
    actor.believes(&format!("{other}{known}"))?;
    let (user, password) = actor.has_login();
    stage.start(&actor).await?;
    arrive(stage, &actor).await?;
    let login = actor.record.look(|entries| {
        let connect = queries::connects(entries).next()?;
        let login = connect.login.as_ref()?;
        Some((login.username.clone(), login.password.clone()))
    });
    let given = match login {
        Some(login) if login == (user, password) => Ok(()),
        Some((user, _)) => Err(format!(
            "a CONNECT of the user {user:?}, or another password"
        )),
        None => Err("a CONNECT without a login".to_owned()),
    };
    let expected = "a CONNECT with the user and the password of the address";
    let given = given.map_err(|actual| Finding::new(expected, actual));
    stage.insist(&actor, LOGS_IN, given)?;

    let start = actor.record.len();
    actor.cut();
    outage::comes_back(stage, &actor, start).await?;
    let usual = start..actor.record.len();
    let mut told = Vec::new();
    for (answer, meaning) in ANSWERS {
        let start = actor.record.len();
        actor.line.turn_away_with(Some(answer));
        actor.cut();
        let refused = actor.drive(start, ROUND, |entries| {
            let times = entries.iter().filter(|entry| is_refused(entry)).count();
            (times > 1).then_some(())
        });
        let refused = refused.await.map_err(|why| outage::gone(&actor, &why));
        stage.insist(&actor, RETURNS, refused)?;
        let said = words::says(&actor, meaning, start, &usual).await;
        stage.insist(&actor, SAYS, said)?;
        let good = actor.record.len();
        actor.line.turn_away(false);
        outage::comes_back(stage, &actor, good).await?;
        // Who is back has said it all, on a busy machine, too.
        told.push(Said {
            of: meaning,
            within: start..actor.record.len(),
        });
    }
    // Whether 4 and 5 are told apart is free: brokers do not agree on which is which.
    let found = [1, 2].into_iter().try_for_each(|wrong| {
        let pair = [told[0].clone(), told[wrong].clone()];
        words::differ(&actor, &pair, &usual)
    });
    stage.judge(&actor, SAYS, found);
    actor.calm(words::QUIET).await;
    Ok(())
}
