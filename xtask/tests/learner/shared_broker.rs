//! Many checks at once on one broker, all with the same seed, as a class is graded.

use arena::broker::Embedded;
use arena::loopback;
use checks::play::compile_and_play;
use checks::subject::Subject;
use course::steps;
use course::verdict::Status;

use super::root;

/// So many steps at once, each so many times: more would only wait for a processor.
const STEPS: usize = 2;
const TIMES: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_another_ones_messages() {
    let broker = Embedded::start(loopback::at(0)).await.unwrap();
    let url = format!("mqtt://{}", broker.address());
    for together in steps().chunks(STEPS) {
        let mut checks = Vec::new();
        for step in together.iter().cycle().take(TIMES * together.len()) {
            let shared = url.parse().unwrap();
            checks.push(tokio::spawn(async move {
                compile_and_play(&root(), &Subject::Solutions, step, 7, &shared).await
            }));
        }
        for check in checks {
            let verdict = check.await.unwrap().unwrap();
            let failed: Vec<_> = verdict.failed().collect();
            let ended = (verdict.status, &verdict.message);
            assert_eq!(
                ended,
                (Status::Pass, &None),
                "{}: {failed:#?}",
                verdict.step
            );
        }
    }
}
