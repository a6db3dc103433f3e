//! Many checks at once on one broker, all with the same seed, as a class is graded.

use arena::broker::Embedded;
use arena::loopback;
use checks::play::compile_and_play;
use checks::subject::Subject;
use course::steps;
use course::verdict::Status;

use super::root;

const TWICE: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_another_ones_messages() {
    let broker = Embedded::start(loopback::at(0)).await.unwrap();
    let url = format!("mqtt://{}", broker.address());
    let mut checks = Vec::new();
    for step in steps().iter().cycle().take(TWICE * steps().len()) {
        let shared = url.parse().unwrap();
        checks.push(tokio::spawn(async move {
            compile_and_play(&root(), &Subject::Solutions, step, 7, &shared).await
        }));
    }
    for check in checks {
        let verdict = check.await.unwrap().unwrap();
        assert_eq!(verdict.status, Status::Pass, "{verdict:#?}");
    }
}
