use std::fs;

use super::*;

/// An empty folder, with a file in it and folders below.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn with_file(text: &str) -> Self {
        let desk = Self::new();
        fs::write(desk.folder.path().join("nightlight.toml"), text).unwrap();
        desk
    }

    /// The settings of a program that is started in this folder.
    fn load(&self, variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        load(variables, self.folder.path())
    }

    fn error(&self, variables: &[(&str, &str)]) -> String {
        self.load(variables).unwrap_err().to_string()
    }
}

fn load(variables: &[(&str, &str)], current: &Path) -> Result<Settings, SettingsError> {
    let variable = |name: &str| {
        let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
        Some(OsString::from(value))
    };
    Settings::resolve(variable, Some(current))
}

const ALL_VARIABLES: [(&str, &str); 11] = [
    (ID, "ada"),
    (BROKER, "mqtt://broker:1884"),
    (BOARD, "http://board:5001"),
    (RETRY, "250"),
    (GOODBYE, "900"),
    (DEVICE, "north"),
    (STALE, "900"),
    (FOLDER, "/var/lib/nightlight"),
    (QUEUE, "50"),
    (ALONE, "900"),
    (TASK_PAUSE, "900"),
];

#[test]
fn variables_come_before_the_file_and_the_file_before_the_defaults() {
    let desk = Desk::with_file("id = \"grace\"\nbroker = \"mqtt://in-the-file\"\n");

    let settings = desk.load(&[(ID, "ada")]).unwrap();

    assert_eq!(settings.id, "ada");
    assert_eq!(settings.broker.to_string(), "in-the-file:1883");
    assert_eq!(settings.board.to_string(), "http://127.0.0.1:5000");
}

#[test]
fn an_id_is_all_that_has_to_be_set() {
    let settings = Desk::new().load(&[(ID, "ada")]).unwrap();

    assert_eq!(settings.broker, "mqtt://127.0.0.1:1883".parse().unwrap());
    assert_eq!(settings.board, "http://127.0.0.1:5000".parse().unwrap());
    assert_eq!(settings.retry_pause, Duration::from_secs(1));
    assert_eq!(settings.goodbye, Duration::from_secs(2));
    assert_eq!(settings.device, "device1");
    assert_eq!(settings.stale_after, Duration::from_secs(15));
    assert_eq!(settings.folder, Path::new("."));
    assert_eq!(settings.queue, 100);
    assert_eq!(settings.alone_after, Duration::from_secs(15));
    assert_eq!(settings.task_pause, Duration::from_secs(1));
}

#[test]
fn a_variable_set_to_nothing_is_not_set() {
    let desk = Desk::with_file("id = \"grace\"");
    let settings = desk.load(&[(ID, ""), (BROKER, ""), (BOARD, "")]).unwrap();
    assert_eq!(settings.id, "grace");
}

#[test]
fn a_stray_space_around_an_address_does_no_harm() {
    let settings = Desk::new().load(&[(ID, "ada"), (BOARD, " pi ")]).unwrap();
    assert_eq!(settings.board, BoardAddress::Pi);
}

#[test]
fn the_file_is_found_from_a_folder_below_it() {
    let desk = Desk::with_file("id = \"grace\"");
    let below = desk.folder.path().join("lessons/step1-connect");
    fs::create_dir_all(&below).unwrap();

    assert_eq!(load(&[], &below).unwrap().id, "grace");
}

#[test]
fn the_file_is_found_from_the_package_that_cargo_runs() {
    let kit = Desk::with_file("id = \"grace\"");
    let package = kit.folder.path().join("lessons/step1-connect");
    let elsewhere = Desk::new();

    let package = ("CARGO_MANIFEST_DIR", package.to_str().unwrap());
    assert_eq!(elsewhere.load(&[package]).unwrap().id, "grace");

    let here = Desk::with_file("id = \"nearer\"");
    assert_eq!(here.load(&[package]).unwrap().id, "nearer");
}

#[test]
fn the_file_is_not_read_when_every_variable_is_set() {
    let desk = Desk::with_file("this is not TOML");
    assert_eq!(desk.load(&ALL_VARIABLES).unwrap().id, "ada");

    for missing in 0..ALL_VARIABLES.len() {
        let mut variables = ALL_VARIABLES.to_vec();
        variables.remove(missing);
        assert!(desk.load(&variables).is_err(), "without {missing}");
    }
}

#[test]
fn a_missing_id_is_explained() {
    let error = Desk::new().error(&[]);
    for words in [
        "no id is chosen",
        "GUID",
        "nightlight.toml",
        "id = \"",
        "NIGHTLIGHT_ID",
        "Device and server need the same id",
    ] {
        assert!(error.contains(words), "{words:?} is not in: {error}");
    }

    let desk = Desk::with_file("board = \"pi\"");
    let file = desk.folder.path().join("nightlight.toml");
    assert!(desk.error(&[]).contains(file.to_str().unwrap()));
}

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
fn a_bad_address_says_where_it_is_written_and_what_the_form_is() {
    let error = Desk::new().error(&[(ID, "ada"), (BROKER, "tcp://localhost")]);
    assert!(error.contains("variable NIGHTLIGHT_BROKER"), "{error}");
    assert!(error.contains("`tcp://` is in front"), "{error}");
    assert!(error.contains("mqtt://host:port"), "{error}");
    assert!(error.contains("mqtt://user:password@host"), "{error}");

    let desk = Desk::with_file("id = \"ada\"\n\n# mine\nboard = \"localhost\"\n");
    let error = desk.error(&[]);
    let place = desk.folder.path().join("nightlight.toml:4");
    let place = format!("`board` in {}", place.display());
    assert!(error.contains(&place), "{error}");
    assert!(error.contains("http://host:port"), "{error}");
}

#[test]
fn the_pause_after_a_failure_is_in_milliseconds() {
    let desk = Desk::with_file("retry_ms = \"60000\"");
    let pause = |variables| desk.load(variables).unwrap().retry_pause;
    assert_eq!(pause(&[(ID, "ada")]), Duration::from_secs(60));
    let pause = pause(&[(ID, "ada"), (RETRY, " 250 ")]);
    assert_eq!(pause, Duration::from_millis(250));
}

#[test]
fn no_pause_at_all_is_refused() {
    for none in ["0", "-1", "1s", "0.5", "3600001", "99999999999999999999999"] {
        let error = Desk::new().error(&[(ID, "ada"), (RETRY, none)]);
        assert!(error.contains("variable NIGHTLIGHT_RETRY_MS"), "{error}");
        assert!(error.contains(&format!("is {none:?}")), "{error}");
        assert!(error.contains("1000 for a second"), "{error}");
    }
    let error = Desk::with_file("id = \"ada\"\nretry_ms = \"soon\"").error(&[]);
    assert!(error.contains("nightlight.toml:2 is \"soon\""), "{error}");
}

#[test]
fn how_long_a_goodbye_may_take_is_in_milliseconds() {
    let desk = Desk::with_file("goodbye_ms = \"5000\"");
    let goodbye = |variables| desk.load(variables).unwrap().goodbye;
    assert_eq!(goodbye(&[(ID, "ada")]), Duration::from_secs(5));
    let short = goodbye(&[(ID, "ada"), (GOODBYE, "300")]);
    assert_eq!(short, Duration::from_millis(300));

    let error = desk.error(&[(ID, "ada"), (GOODBYE, "0")]);
    assert!(error.contains("NIGHTLIGHT_GOODBYE_MS is \"0\""), "{error}");
    assert!(error.contains("2000 for two seconds"), "{error}");
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

#[test]
fn how_long_a_reading_counts_is_in_milliseconds() {
    let desk = Desk::with_file("stale_ms = \"20000\"");
    let stale_after = |variables| desk.load(variables).unwrap().stale_after;
    assert_eq!(stale_after(&[(ID, "ada")]), Duration::from_secs(20));
    let short = stale_after(&[(ID, "ada"), (STALE, "300")]);
    assert_eq!(short, Duration::from_millis(300));

    let error = desk.error(&[(ID, "ada"), (STALE, "0")]);
    assert!(error.contains("NIGHTLIGHT_STALE_MS is \"0\""), "{error}");
    assert!(error.contains("15000 for 15 seconds"), "{error}");
}

#[test]
fn what_is_kept_lies_beside_the_file_unless_a_folder_is_named() {
    let desk = Desk::with_file("id = \"ada\"");
    let below = desk.folder.path().join("lessons");
    fs::create_dir(&below).unwrap();
    assert_eq!(load(&[], &below).unwrap().folder, desk.folder.path());
    let named = load(&[(FOLDER, "/elsewhere")], &below).unwrap();
    assert_eq!(named.folder, Path::new("/elsewhere"));

    let desk = Desk::with_file("id = \"ada\"\nfolder = \"kept\"");
    let kept = desk.folder.path().join("kept");
    assert_eq!(desk.load(&[]).unwrap().folder, kept);
}

#[test]
fn as_many_readings_wait_as_one_message_holds() {
    let queue = |value| Desk::new().load(&[(ID, "ada"), (QUEUE, value)]);
    assert_eq!(queue("1").unwrap().queue, 1);
    assert_eq!(queue(" 200 ").unwrap().queue, 200);
    for bad in ["0", "201", "-1", "many", "1.5"] {
        let error = queue(bad).unwrap_err().to_string();
        let said = format!("NIGHTLIGHT_QUEUE is {bad:?}");
        assert!(error.contains(&said), "{error}");
        assert!(error.contains("1 to 200"), "{error}");
    }
}

#[test]
fn how_long_the_server_may_be_silent_is_in_milliseconds() {
    let desk = Desk::with_file("alone_ms = \"20000\"");
    let settings = desk.load(&[(ID, "ada")]).unwrap();
    assert_eq!(settings.alone_after, Duration::from_secs(20));

    let error = desk.error(&[(ID, "ada"), (ALONE, "soon")]);
    assert!(error.contains("NIGHTLIGHT_ALONE_MS is \"soon\""), "{error}");
    assert!(error.contains("15000 for 15 seconds"), "{error}");
}

#[test]
fn a_rest_after_a_task_is_five_seconds_at_most() {
    let desk = Desk::with_file("task_pause_ms = \"5000\"");
    let settings = desk.load(&[(ID, "ada")]).unwrap();
    assert_eq!(settings.task_pause, Duration::from_secs(5));

    for bad in ["0", "5001", "-1", "long", "1.5"] {
        let error = desk.error(&[(ID, "ada"), (TASK_PAUSE, bad)]);
        let said = format!("NIGHTLIGHT_TASK_PAUSE_MS is {bad:?}");
        assert!(error.contains(&said), "{error}");
        assert!(error.contains("1 to 5000"), "{error}");
    }
}

#[test]
fn whom_to_trust_about_an_encrypted_broker_stands_in_a_file() {
    let desk = Desk::with_file("broker_ca = \"authority.pem\"");
    let beside = desk.folder.path().join("authority.pem");
    let [id, _, others @ ..] = ALL_VARIABLES;
    let encrypted = (BROKER, "mqtts://room");

    let set = |more: &[(&'static str, &'static str)]| [&others, more].concat();
    let settings = desk.load(&set(&[id, encrypted])).unwrap();
    assert_eq!(settings.broker_ca, Some(beside));
    assert!(settings.broker.is_encrypted());

    let variable = (BROKER_CA, "/elsewhere/authority.pem");
    let settings = desk.load(&set(&[id, encrypted, variable])).unwrap();
    assert_eq!(settings.broker_ca, Some(PathBuf::from(variable.1)));

    let below = Desk::with_file("broker_ca = \"certificates/room.pem\"");
    let settings = below.load(&[id]).unwrap();
    let path = below.folder.path().join("certificates/room.pem");
    assert_eq!(settings.broker_ca, Some(path));
}

#[test]
fn an_error_in_the_file_does_not_show_the_password() {
    let error = Desk::with_file("broker = mqtt://ada:s@cret@room\n").error(&[(ID, "ada")]);
    assert!(error.contains("broker = mqtt://**********@room"), "{error}");
    let settings = Desk::new().load(&[(ID, "ada"), (BROKER, "mqtt://ada:secret@room")]);
    let shown = format!("{:?}", settings.unwrap());
    assert!(!shown.contains("secret"), "{shown}");
}

#[cfg(not(feature = "tls"))]
#[test]
fn without_the_feature_an_encrypted_broker_is_an_error_with_the_command() {
    let settings = Desk::new().load(&[(ID, "ada"), (BROKER, "mqtts://room")]);
    let error = settings.unwrap().through_a_tunnel().unwrap_err();
    let error = error.to_string();
    assert!(error.contains("cargo run -p nightlight --bin"), "{error}");
    assert!(error.contains("--features tls"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStringExt;

    let variable = |name: &str| (name == BOARD).then(|| OsString::from_vec(vec![b'p', 0xff]));
    let error = Settings::resolve(variable, None).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("NIGHTLIGHT_BOARD is not Unicode")
    );
}

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
