//! What an id and a device may be called.

use super::*;

#[test]
fn an_id_has_letters_digits_hyphens_and_underscores() {
    let longest = "a".repeat(64);
    let guid = "d4a0e7c2-5f1b-4c9e-8a36-2b7f90c1de58";
    for id in ["a", "Ada_Lovelace-1815", guid, &longest] {
        assert_eq!(Desk::new().load(&[(ID, id)]).unwrap().id, id);
    }
}

#[test]
fn an_id_with_anything_else_is_refused_with_the_reason() {
    let too_long = "a".repeat(65);
    for (id, problem) in [
        ("ada/desk", "'/' is in it"),
        ("+", "'+' is in it"),
        ("a#", "'#' is in it"),
        ("ada lovelace", "' ' is in it"),
        ("zoë", "'ë' is in it"),
        ("<your id>", "'<' is in it"),
        (&too_long, "it has 65 characters"),
    ] {
        let error = Desk::new().error(&[(ID, id)]);
        assert!(error.contains(problem), "{id}: {error}");
        assert!(error.contains("variable NIGHTLIGHT_ID"), "{error}");
    }
    let error = Desk::with_file("\nid = \"\"").error(&[]);
    assert!(error.contains("nightlight.toml:2 is \"\""), "{error}");
    assert!(error.contains("it is empty"), "{error}");
}

#[test]
fn each_device_has_a_name() {
    let desk = Desk::with_file("device = \"north-stand\"");
    assert_eq!(desk.load(&[(ID, "ada")]).unwrap().device, "north-stand");
    let longest = "Z".repeat(32);
    for name in ["a", "Block_7-left", "device1", &longest] {
        let settings = desk.load(&[(ID, "ada"), (DEVICE, name)]).unwrap();
        assert_eq!(settings.device, name);
    }
}

#[test]
fn a_device_cannot_be_called_what_is_no_level_of_a_topic() {
    let too_long = "a".repeat(33);
    for (name, problem) in [
        (" ", "' ' is in it"),
        ("north/1", "'/' is in it"),
        ("+", "'+' is in it"),
        ("#", "'#' is in it"),
        ("süd", "'ü' is in it"),
        ("a\nb", "'\\n' is in it"),
        (&too_long, "it has 33 characters"),
    ] {
        let error = Desk::new().error(&[(ID, "ada"), (DEVICE, name)]);
        assert!(error.contains(problem), "{name}: {error}");
        assert!(error.contains("variable NIGHTLIGHT_DEVICE"), "{error}");
        assert!(error.contains("1 to 32"), "{error}");
    }
    let error = Desk::with_file("id = \"ada\"\ndevice = \"\"").error(&[]);
    assert!(error.contains("nightlight.toml:2 is \"\""), "{error}");
    assert!(error.contains("it is empty"), "{error}");
}
