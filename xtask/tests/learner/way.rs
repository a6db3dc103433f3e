//! A learner's way through the kit, in a copy of it.

use std::fs;

use course::{Step, step_zero, steps};

use super::first;
use super::kit::{Kit, building};

fn second() -> &'static Step {
    &steps()[1]
}

#[test]
fn the_overview_names_the_next_step_and_a_place_to_click() {
    let kit = Kit::new();
    let (status, text, _) = kit.run(&[]);
    assert_eq!(status, 0);
    let next = format!("Next is {}", first().name());
    assert!(text.contains(&next), "{text}");
    let zero = format!("cargo xtask run {} --open", step_zero().name());
    assert!(text.contains(&zero), "who has done nothing yet: {text}");
    let place = format!("{}/src/main.rs:", first().folder);
    assert!(text.contains(&place), "{text}");
}

#[test]
fn a_hint_before_any_check_says_to_check_first() {
    let (_, text, _) = Kit::new().run(&["hint", &first().name()]);
    assert!(text.contains("have not been checked yet"), "{text}");
}

#[test]
fn the_starter_is_told_what_is_missing_and_hints_say_more_and_more() {
    let _turn = building();
    let kit = Kit::new();
    let (status, text, error) = kit.run(&["check"]);
    assert_eq!(status, 1, "{error}");
    assert!(text.contains("client name nobody"), "{text}");
    assert!(text.contains("(TODO 1)"), "{text}");

    let hint = || kit.run(&["hint", &first().name()]).1;
    let (first, second, third, fourth) = (hint(), hint(), hint(), hint());
    // The first says no less than the report.
    for words in ["client name nobody", "cargo xtask book step", "(TODO 1)"] {
        assert!(first.contains(words), "{words}: {first}");
    }
    assert!(second.contains("give the client its name"), "{second}");
    assert!(
        third.contains("`format!` makes one text of several"),
        "{third}"
    );
    assert!(third.contains("step1-finished"), "{third}");
    assert_eq!(third, fourth, "there is no more");
}

#[test]
fn a_difference_shows_what_the_solution_has() {
    let kit = Kit::new();
    let (_, text, _) = kit.run(&["diff", &first().name()]);
    assert!(
        text.contains("+     let name = format!(\"{}nightlight_client\""),
        "{text}"
    );
    kit.solve();
    let (_, text, _) = kit.run(&["diff", &first().name()]);
    assert!(text.contains("line for line"), "{text}");
}

/// As an editor on Windows may save it.
#[test]
fn another_end_of_line_is_no_difference() {
    let kit = Kit::new();
    kit.solve();
    let text = std::fs::read_to_string(kit.source()).unwrap();
    std::fs::write(kit.source(), text.replace('\n', "\r\n")).unwrap();
    let (_, text, _) = kit.run(&["diff", &first().name()]);
    assert!(text.contains("line for line"), "{text}");
}

#[test]
fn progress_is_of_the_very_sources_that_passed() {
    let _turn = building();
    let kit = Kit::new();
    kit.solve();
    let (_, text, _) = kit.run(&["list"]);
    assert!(!text.contains('✓'), "not checked yet: {text}");
    let (status, text, error) = kit.run(&["check"]);
    assert_eq!(status, 0, "{text}{error}");
    let next = format!("Done! Next: {}", second().name());
    assert!(text.contains(&next), "{text}");
    let ways = format!("cargo xtask book {}#other-ways", first().folder);
    assert!(text.contains(&ways), "{text}");
    let done = format!("✓ {}", first().name());
    let next = format!("Next is {}", second().name());
    let (_, text, _) = kit.run(&[]);
    assert!(text.contains(&done) && text.contains(&next), "{text}");
    assert!(!text.contains("New here?"), "{text}");

    let solved = fs::read_to_string(kit.source()).unwrap();
    fs::write(kit.source(), format!("{solved}\n// mine\n")).unwrap();
    let (_, text, _) = kit.run(&[]);
    assert!(
        text.contains(&format!("Next is {}", first().name())),
        "{text}"
    );
    fs::write(kit.source(), &solved).unwrap();
    let (_, text, _) = kit.run(&[]);
    assert!(text.contains(&next), "{text}");
}

#[test]
fn a_reset_puts_the_starter_back_and_saves_what_was_there() {
    let kit = Kit::new();
    let started = fs::read_to_string(kit.source()).unwrap();
    kit.solve();
    let solved = fs::read_to_string(kit.source()).unwrap();
    let (status, text, _) = kit.run(&["reset", &first().name()]);
    assert_eq!(status, 0);
    assert!(text.contains("saved"), "{text}");
    assert_eq!(fs::read_to_string(kit.source()).unwrap(), started);
    let saved = format!("saved/{}-1/src/main.rs", first().folder);
    assert_eq!(fs::read_to_string(kit.root.join(saved)).unwrap(), solved);
}

#[test]
fn a_step_begins_with_the_learners_own_program_once_that_has_passed() {
    const OWN: &str = "Here I am!";
    let _turn = building();
    let kit = Kit::new();
    let second_file = kit
        .root
        .join("lessons")
        .join(&second().folder)
        .join("src/main.rs");
    let read = || fs::read_to_string(&second_file).unwrap();
    let start = |more: &[&str]| kit.run(&[&["start", &second().name()], more].concat());
    let starter = read();

    // The first step has not passed: the kit's solution stands for it.
    let (status, text, error) = start(&[]);
    assert_eq!(status, 0, "{error}");
    assert!(text.contains("has not passed"), "{text}");
    assert_eq!(read(), starter);

    kit.solve();
    let solved = fs::read_to_string(kit.source()).unwrap();
    let own = solved
        .replace("MQTT connected!", OWN)
        .replace("Light level: ", "It is so light: ");
    fs::write(kit.source(), own).unwrap();
    let (status, text, error) = kit.run(&["check"]);
    assert_eq!(status, 0, "{text}{error}");
    let offer = format!("cargo xtask start {}", second().name());
    assert!(text.contains(&offer), "{text}");
    assert!(kit.run(&[]).1.contains(&offer), "the overview offers it");

    let (status, text, error) = start(&[]);
    assert_eq!(status, 0, "{error}");
    assert!(text.contains("your own earlier program"), "{text}");
    let begun = read();
    assert!(
        begun.contains(OWN) && begun.contains("It is so light"),
        "{begun}"
    );
    for todo in ["TODO 1:", "TODO 2:", "TODO 3:"] {
        assert!(begun.contains(todo), "{todo}: {begun}");
    }
    // Both have changed that arm.
    assert!(begun.contains("//         online.store(true"), "{begun}");

    // Once more changes nothing; what is worked on is left alone.
    let (status, text, _) = start(&[]);
    assert_eq!((status, read()), (0, begun.clone()), "{text}");
    let worked = format!("{begun}// mine\n");
    fs::write(&second_file, &worked).unwrap();
    let (status, _, error) = start(&[]);
    assert_eq!((status, read()), (2, worked.clone()), "{error}");
    assert!(error.contains("--force"), "{error}");
    let (status, text, error) = start(&["--force"]);
    assert_eq!((status, read()), (0, begun), "{error}");
    let saved = format!("saved/{}-1/src/main.rs", second().folder);
    assert_eq!(fs::read_to_string(kit.root.join(saved)).unwrap(), worked);
    assert!(text.contains("saved"), "{text}");

    // A program of quite another kind gets a list, and its modules go along.
    let modular = solved
        .replace("fn main()", "mod own;\n\nfn main()")
        .replace(
            "println!(\"MQTT connected!\")",
            "println!(\"{}\", own::WORDS)",
        );
    let modular: String = modular
        .lines()
        .map(|line| format!("{} // mine\n", line))
        .collect();
    let module = "//! Mine.\n\n/// Said when connected.\npub const WORDS: &str = \"Online\";\n";
    fs::write(kit.source(), modular).unwrap();
    fs::write(kit.source().with_file_name("own.rs"), module).unwrap();
    let (status, text, error) = kit.run(&["check", &first().name()]);
    assert_eq!(status, 0, "{text}{error}");
    let (status, text, error) = start(&["--force"]);
    assert_eq!(status, 0, "{error}");
    assert!(text.contains("in a list"), "{text}");
    let begun = read();
    assert!(
        begun.starts_with("// This is your program of step1."),
        "{begun}"
    );
    assert!(
        begun.contains("// TODO 2:") && begun.contains("own::WORDS"),
        "{begun}"
    );
    let beside = fs::read_to_string(second_file.with_file_name("own.rs"));
    assert_eq!(beside.unwrap(), module);
}

#[test]
fn progress_that_cannot_be_read_is_put_aside_and_said_once() {
    let kit = Kit::new();
    let progress = kit.root.join("target/nightlight/progress.json");
    fs::create_dir_all(progress.parent().unwrap()).unwrap();
    fs::write(&progress, "{ not json").unwrap();
    let (status, text, error) = kit.run(&["list"]);
    assert_eq!(status, 0);
    assert_eq!(text.lines().count(), steps().len());
    assert!(error.contains("progress.unreadable.json"), "{error}");
    let (_, _, error) = kit.run(&["list"]);
    assert_eq!(error, "", "said once");
}

#[test]
fn a_check_works_where_progress_cannot_be_kept() {
    let _turn = building();
    let kit = Kit::new();
    // As in a folder that is read-only.
    fs::write(kit.root.join("target"), "in the way").unwrap();
    let (status, text, error) = kit.run(&["check", &first().name()]);
    assert_eq!(status, 1, "{error}");
    assert!(text.contains("client name nobody"), "{text}");
    assert!(error.contains("your progress is not kept"), "{error}");
}

#[test]
fn a_mistake_in_the_settings_is_said_before_a_check() {
    let kit = Kit::new();
    fs::write(
        kit.root.join("nightlight.toml"),
        "id = \"me\"\nbroker = 7\n",
    )
    .unwrap();
    let (status, _, error) = kit.run(&["check", &first().name()]);
    assert_eq!(status, 2);
    assert!(error.contains("nightlight.toml:2:"), "{error}");
}

#[test]
fn who_names_a_broker_that_is_away_is_told_where() {
    let kit = Kit::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let settings = format!("id = \"me\"\nbroker = \"mqtt://{address}\"\n");
    fs::write(kit.root.join("nightlight.toml"), settings).unwrap();
    let (status, _, error) = kit.run(&["run", &first().name(), "--board-port", "0"]);
    assert_eq!(status, 2, "{error}");
    for words in ["`broker` in ", "nightlight.toml:2", "does not answer"] {
        assert!(error.contains(words), "{error}");
    }
    let (_, text, _) = kit.run(&["doctor"]);
    assert!(
        text.contains("nightlight.toml:2): it does not answer"),
        "{text}"
    );
}
