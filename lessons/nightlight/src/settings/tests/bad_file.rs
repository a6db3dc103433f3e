//! Files that cannot be read as settings, and some that only look so.

use super::*;

/// Line, column, what is wrong, and the message's last part: the line with a mark.
#[track_caller]
fn assert_bad_file(text: &str, place: (usize, usize), problem: &str, marked: &str) {
    let desk = Desk::with_file(text);
    let error = desk.error(&[]);
    let path = desk.folder.path().join("nightlight.toml");
    let start = format!("{}:{}:{}: ", path.display(), place.0, place.1);
    assert!(error.starts_with(&start), "{error}");
    assert!(error.contains(problem), "{error}");
    assert!(error.contains(marked), "{error}");
}

#[test]
fn a_key_that_nobody_knows_is_an_error() {
    assert_bad_file(
        "id = \"ada\"\n  brokr = \"mqtt://localhost\"\n",
        (2, 3),
        "\"brokr\" is not the name of a setting",
        "\n      brokr = \"mqtt://localhost\"\n      ^\n",
    );
    assert_bad_file(
        "[server]\nid = \"ada\"",
        (1, 2),
        "\"server\"",
        "[server]\n     ^",
    );
}

#[test]
fn a_value_of_another_type_is_an_error() {
    assert_bad_file(
        "board = \"pi\"\r\nid = 1815 # her year\r\n",
        (2, 6),
        "the value of `id` must be in double quotes",
        "\n    id = 1815 # her year\n         ^\n",
    );
}

#[test]
fn bad_syntax_is_an_error() {
    assert_bad_file(
        "\n\nid = ada\n",
        (3, 6),
        "quoted",
        "    id = ada\n         ^",
    );
    assert_bad_file(
        "\tid = \"ada\n",
        (1, 11),
        "",
        "    \tid = \"ada\n    \t         ^",
    );
    assert_bad_file(
        "id = \"a\"\nid = \"b\"",
        (2, 1),
        "duplicate key",
        "id = \"b\"\n    ^",
    );
    assert_bad_file("id", (1, 3), "", "    id\n      ^");
}

#[test]
fn a_file_that_is_not_utf8_says_how_to_save_it() {
    let desk = Desk::new();
    let utf16: Vec<u8> = "\u{feff}id = \"ada\""
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    fs::write(desk.folder.path().join("nightlight.toml"), utf16).unwrap();
    assert!(
        desk.error(&[])
            .contains("Save it again with the encoding UTF-8")
    );
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let desk = Desk::with_file("\u{feff}id = \"ada\"");
    assert_eq!(desk.load(&[]).unwrap().id, "ada");
}

#[test]
fn an_empty_file_is_as_good_as_none() {
    assert!(Desk::with_file("").load(&[(ID, "ada")]).is_ok());
}
