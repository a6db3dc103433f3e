//! A starter compiles without a warning and fails for the reason it was made to fail.

use checks::compile::compile;
use checks::subject::Subject;
use course::starters::{self, Drift};
use course::verdict::Status;
use tempfile::TempDir;

use super::{check, failed_ids, failures, root, step};

fn fresh() -> (TempDir, Subject) {
    let folder = TempDir::new().unwrap();
    let starters = starters::generate(&root().join("solutions")).unwrap();
    starters::write(&starters, folder.path()).unwrap();
    let subject = Subject::Folder(folder.path().canonicalize().unwrap());
    (folder, subject)
}

async fn starter_fails(number: u8, expected: &[&str]) {
    let (_folder, subject) = fresh();
    let built = compile(&root(), &subject, step(number)).await.unwrap();
    assert_eq!(built.warnings, "");
    let verdict = check(&subject, number, 7).await;
    assert_eq!(verdict.status, Status::Fail);
    assert_eq!(failed_ids(&verdict), expected, "{:#?}", failures(&verdict));
}

#[tokio::test]
async fn connect_has_no_name_and_gives_up() {
    starter_fails(1, &["client-name", "returns"]).await;
}

#[tokio::test]
async fn telemetry_does_not_publish() {
    starter_fails(2, &["publishes"]).await;
}

#[tokio::test]
async fn server_has_no_name_and_does_not_subscribe() {
    starter_fails(3, &["client-name", "subscribes"]).await;
}

#[tokio::test]
async fn commands_are_neither_sent_nor_obeyed() {
    starter_fails(4, &["answers", "device-subscribes"]).await;
}

#[test]
fn every_todo_a_hint_points_at_is_there() {
    let (folder, _) = fresh();
    for number in 1..=4 {
        for criterion in &step(number).criteria {
            let Some(todo) = &criterion.todo else {
                continue;
            };
            let sources = folder.path().join(&step(number).folder);
            assert!(
                xtask::report::human::place(&sources, todo).is_some(),
                "step {number}, {}: no TODO {} in {}",
                criterion.id,
                todo.number,
                todo.file
            );
        }
    }
}

#[test]
fn drift_is_seen() {
    let (folder, _) = fresh();
    let starters = starters::generate(&root().join("solutions")).unwrap();
    assert_eq!(starters::drift(&starters, folder.path()).unwrap(), []);

    let file = &starters[1].file;
    std::fs::write(folder.path().join(file), "fn main() {}\n").unwrap();
    std::fs::remove_file(folder.path().join(&starters[0].file)).unwrap();
    assert_eq!(
        starters::drift(&starters, folder.path()).unwrap(),
        [
            Drift {
                file: starters[0].file.clone(),
                what: "is missing"
            },
            Drift {
                file: file.clone(),
                what: "differs"
            },
        ]
    );
}
