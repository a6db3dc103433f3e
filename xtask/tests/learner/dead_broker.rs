//! A broker that goes away in the middle of a check.

use checks::play::compile_and_play;
use checks::subject::Subject;
use course::verdict::Status;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::{first, root};

/// It answers as long as nobody says anything.
#[tokio::test]
async fn it_is_never_the_learners_fault() {
    let listener = TcpListener::bind(arena::loopback::at(0)).await.unwrap();
    let broker = format!("mqtt://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            if matches!(client.read(&mut [0]).await, Ok(1..)) {
                break;
            }
        }
    });
    let broker = broker.parse().unwrap();
    let verdict = compile_and_play(&root(), &Subject::Solutions, first(), 3, &broker)
        .await
        .unwrap();
    assert_eq!(verdict.status, Status::InfraError, "{verdict:#?}");
    let words = verdict.message.as_deref().unwrap_or_default();
    assert!(words.contains("takes no connection"), "{words}");
    assert_eq!(verdict.failed().count(), 0, "{verdict:#?}");
}
