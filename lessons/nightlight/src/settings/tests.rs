mod bad_file;
mod names;
mod numbers;

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
fn whom_to_trust_about_an_encrypted_broker_stands_in_a_file() {
    let desk = Desk::with_file("broker_ca = \"authority.pem\"");
    let beside = desk.folder.path().join("authority.pem");
    let [id, _, others @ ..] = ALL_VARIABLES;
    let encrypted = (BROKER, "mqtts://room");

    let set = |more: &[(&'static str, &'static str)]| [&others, more].concat();
    let settings = desk.load(&set(&[id, encrypted])).unwrap();
    assert_eq!(settings.broker_ca, Some(beside));
    assert!(settings.broker.is_encrypted());

    let over_websocket = (BROKER, "wss://room/mqtt");
    let settings = desk.load(&set(&[id, over_websocket])).unwrap();
    assert!(settings.broker_ca.is_some());

    let variable = (BROKER_CA, "/elsewhere/authority.pem");
    let settings = desk.load(&set(&[id, encrypted, variable])).unwrap();
    assert_eq!(settings.broker_ca, Some(PathBuf::from(variable.1)));

    let below = Desk::with_file("broker_ca = \"certificates/room.pem\"");
    let settings = below.load(&[id]).unwrap();
    let path = below.folder.path().join("certificates/room.pem");
    assert_eq!(settings.broker_ca, Some(path));
}

#[test]
fn a_certificate_of_ones_own_comes_with_its_key() {
    let desk = Desk::with_file("client_cert = \"ada.pem\"\nclient_key = \"ada.key\"");
    let settings = desk.load(&[(ID, "ada")]).unwrap();
    let beside = |name| Some(desk.folder.path().join(name));
    assert_eq!(settings.client_cert, beside("ada.pem"));
    assert_eq!(settings.client_key, beside("ada.key"));

    // The file counts also where all is set that an open broker needs.
    let [id, _, others @ ..] = ALL_VARIABLES;
    let encrypted = [(BROKER, "mqtts://room"), (BROKER_CA, "/room.pem")];
    let variables = [&[id], &others[..], &encrypted].concat();
    let settings = desk.load(&variables).unwrap();
    assert_eq!(settings.client_cert, beside("ada.pem"));
    let own = [(CERT, "/own.pem"), (KEY, "/own.key")];
    let settings = desk.load(&[&variables[..], &own].concat()).unwrap();
    assert_eq!(settings.client_key, Some(PathBuf::from("/own.key")));

    assert_eq!(Desk::new().load(&[id]).unwrap().client_cert, None);
    for (there, missing) in [(CERT, KEY), (KEY, CERT)] {
        let error = Desk::new().error(&[id, (there, "/own.pem")]);
        assert!(
            error.contains(&format!("{there} is set, and {missing} is not")),
            "{error}"
        );
    }
    let half = Desk::with_file("client_key = \"ada.key\"").error(&[id]);
    assert!(half.contains("`client_key` in"), "{half}");
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

#[cfg(not(feature = "websocket"))]
#[test]
fn without_the_feature_a_broker_over_websocket_is_an_error_with_the_command() {
    for broker in ["ws://ada:secret@room/mqtt", "wss://ada:secret@room"] {
        let settings = Desk::new().load(&[(ID, "ada"), (BROKER, broker)]);
        let error = settings.unwrap().through_a_tunnel().unwrap_err();
        let error = error.to_string();
        assert!(error.contains("cargo run -p nightlight --bin"), "{error}");
        assert!(error.contains("--features websocket"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
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
