//! A broker that goes away in the middle of a check.

use checks::play::compile_and_play;
use checks::subject::Subject;
use course::verdict::Status;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{first, root};

/// A CONNACK that accepts a client (MQTT 3.1.1, section 3.2).
const WELCOME: [u8; 4] = [0x20, 2, 0, 0];

/// It lets the checker in, and is gone when the program comes.
#[tokio::test]
async fn it_is_never_the_learners_fault() {
    let listener = TcpListener::bind(arena::loopback::at(0)).await.unwrap();
    let broker = format!("mqtt://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut said = [0; 256];
            let length = client.read(&mut said).await.unwrap_or_default();
            if String::from_utf8_lossy(&said[..length]).contains("nightlight_client") {
                break;
            }
            let _ = client.write_all(&WELCOME).await;
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
