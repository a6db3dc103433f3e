//! Sheets that a learning platform gave out come back filled in, and otherwise as they were.

use std::fs;
use std::path::{Path, PathBuf};

use csv::ReaderBuilder;

use crate::class::{Class, Files, right, root, starter, step1};

/// As Canvas names what it packs together: name, `LATE` where it was, two ids, and the file's name.
const CANVAS: [&str; 3] = [
    "lovelaceada_4711_99_nightlight",
    "builderbob_LATE_4712_98_lessons",
    "eve",
];
const CANVAS_SHEET: &str = "\u{feff}Student,ID,SIS User ID,SIS Login ID,Section,Quiz 1 (900),Nightlight (901),Final Score\r\n\
     \x20   Points Possible,,,,,10,110,(read only)\r\n\
     \"Lovelace, Ada\",4711,u-1,ada@school.example,\"A, morning\",9.5,,88.10\r\n\
     \"O'Builder, \"\"Bob\"\"\",4712,u-2,bob@school.example,B,,3,\r\n\
     \"Student, Test\",4799,,,A,,,\r\n\
     \"Eve, E\",4713,u-3,eve,A,0,,\r\n";

/// As Moodle names the folders of a download.
const MOODLE: [&str; 3] = [
    "Ada Lovelace_1815_assignsubmission_file",
    "Bob Builder_1816_assignsubmission_file",
    "Eve_1817_assignsubmission_file",
];
/// Of a site in German: column names are in the site's language.
const MOODLE_SHEET: &str = "Kennung,\"Vollständiger Name\",E-Mail-Adresse,Status,Bewertung,Bestwertung,\"Bewertung kann geändert werden\",\"Feedback als Kommentar\"\n\
     \"Teilnehmer/in 1815\",\"Ada Lovelace\",ada@school.example,\"Zur Bewertung abgegeben\",,110,Ja,\n\
     \"Teilnehmer/in 1816\",\"Bob Builder\",bob@school.example,\"Zur Bewertung abgegeben\",3,110,Ja,\"<p>Late, but here</p>\"\n\
     \"Teilnehmer/in 1818\",\"Carl Absent\",carl@school.example,\"Keine Abgabe\",,110,Ja,\n\
     \"Teilnehmer/in 1817\",Eve,eve@school.example,\"Zur Bewertung abgegeben\",,110,Ja,\n";

fn hand_in(class: &Class, names: [&str; 3]) {
    let mut ada: Files = right(&[1, 2]);
    let essay = "AMQP keeps messages. ".repeat(80);
    ada.push(("assignment.md".to_owned(), essay));
    class.zip(&format!("{}.zip", names[0]), &ada);
    class.folder(names[1], &starter(&[1]));
    class.tar(&format!("{}.tar.gz", names[2]), &step1("fn main() {}"));
}

fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        row.iter().map(str::to_owned).collect()
    });
    rows.collect()
}

/// Grades with scores for the written assignment, and gives the column's new cells back. All else
/// in the sheet must be as it was.
fn filled(
    class: &Class,
    names: [&str; 3],
    platform: &str,
    sheet: &str,
    column: usize,
) -> Vec<String> {
    let download = class.path("download.csv");
    fs::write(&download, sheet).unwrap();
    let title = rows(sheet)[0][column].clone();
    let title = title.split(" (").next().unwrap();
    let (option, title_option) = (format!("--{platform}"), format!("--{platform}-column"));
    let options = [option.as_str(), path(&download), &title_option, title];
    let (status, said) = class.grade(&[&options[..], &["--seed", "7"]].concat());
    assert_eq!(status, 0, "{said}");
    assert!(
        said.contains(&format!("{platform}.csv: 3 rows filled in")),
        "{said}"
    );
    // Without scores it is the programs' points.
    let total = |name: &str| class.points(name).1.unwrap();
    let plain = rows(&class.result(&format!("{platform}.csv")));
    assert_eq!(class.lost(names[0]), [""; 0]);
    assert_eq!(plain[row_of(sheet, names[0])][column], "40");

    let scores = typed_in(class, names[0]);
    let merge = ["--resume", "--scores", path(&scores)];
    let (status, said) = class.grade(&[&options[..], &merge].concat());
    assert_eq!(status, 0, "{said}");
    assert_eq!(total(names[0]), 40.0 + 7.5);

    let text = class.result(&format!("{platform}.csv"));
    assert_eq!(text.starts_with('\u{feff}'), sheet.starts_with('\u{feff}'));
    let (before, after) = (rows(sheet), rows(&text));
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.len(), after.len());
        for (index, cell) in before.iter().enumerate() {
            assert!(
                index == column || *cell == after[index],
                "{cell} became {}",
                after[index]
            );
        }
    }
    let of_learner = |name: &&str| after[row_of(sheet, name)][column].clone();
    let cells: Vec<String> = names.iter().map(of_learner).collect();
    assert_eq!(cells[0], "47.5");
    for (name, cell) in names.iter().zip(&cells) {
        assert!(
            (cell.parse::<f64>().unwrap() - total(name)).abs() < 0.01,
            "{name}: {cell}"
        );
    }
    after
        .into_iter()
        .map(|mut row| row.remove(column))
        .collect()
}

fn path(file: &Path) -> &str {
    file.to_str().unwrap()
}

/// The row that holds one of the ids in the submission's name, or the name itself.
fn row_of(sheet: &str, learner: &str) -> usize {
    let is_id = |part: &&str| part.len() == 4 && part.parse::<u32>().is_ok();
    let id = learner.split('_').find(is_id).unwrap_or(learner);
    let is_of = |row: &Vec<String>| {
        row.iter()
            .any(|cell| cell == id || cell.ends_with(&format!(" {id}")))
    };
    rows(sheet).iter().position(is_of).unwrap()
}

/// Points for the written assignment, typed into the sheet that the run before has left for it.
fn typed_in(class: &Class, learner: &str) -> PathBuf {
    let sheet = class.result("rubric.csv");
    assert!(
        sheet.starts_with("\u{feff}learner,amqp,http,comment\n"),
        "{sheet}"
    );
    let typed = sheet.replace(
        &format!("{learner},,,"),
        &format!("{learner},5,2.5,well argued"),
    );
    assert_ne!(typed, sheet);
    let file = class.path("typed.csv");
    fs::write(&file, typed).unwrap();
    file
}

#[test]
fn a_canvas_sheet_is_filled_in() {
    let class = Class::new();
    hand_in(&class, CANVAS);
    let (_, said) = class.grade(&["--course", path(&course(&class, "[\"nobody/step1\"]"))]);
    assert!(said.contains("nobody/step1"), "{said}");
    let column = filled(&class, CANVAS, "canvas", CANVAS_SHEET, 6);
    // Whom Canvas calls late keeps half, where the course says so.
    let bob = class.points(CANVAS[1]).1.unwrap();
    assert!(bob > 0.0);
    let course = course(&class, "[]");
    let (status, said) = class.grade(&["--resume", "--course", path(&course)]);
    assert_eq!(
        (status, class.points(CANVAS[1]).1),
        (0, Some(bob / 2.0)),
        "{said}"
    );
    assert!(class.page_of(CANVAS[1]).contains("late: keeps 50 %"));
    assert!(
        class
            .result("grades.csv")
            .contains("step1: late: keeps 50 %")
    );
    // The head, the points possible and the test student are Canvas's.
    assert_eq!(
        (column[0].as_str(), column[1].as_str(), column[4].as_str()),
        ("Nightlight (901)", "110", "")
    );
}

#[test]
fn a_moodle_worksheet_is_filled_in() {
    let class = Class::new();
    hand_in(&class, MOODLE);
    let column = filled(&class, MOODLE, "moodle", MOODLE_SHEET, 4);
    // Who handed in nothing keeps an empty cell.
    assert_eq!((column[0].as_str(), column[3].as_str()), ("Bewertung", ""));
    let page = class.page_of(MOODLE[0]);
    assert!(
        page.contains("AMQP keeps messages") && page.contains("well argued"),
        "{page}"
    );

    // A column that is not there is named, and nothing is invented.
    let sheet = class.path("download.csv");
    let (status, said) = class.grade(&["--resume", "--moodle", path(&sheet)]);
    assert_eq!(status, 2);
    assert!(
        said.contains("no column `Grade`") && said.contains("Bewertung"),
        "{said}"
    );
}

/// Late work keeps half of its points.
fn course(class: &Class, late: &str) -> PathBuf {
    let ours = fs::read_to_string(root().join("xtask/grade/course.toml")).unwrap();
    let ours = ours.replace("keeps = 1.0", "keeps = 0.5");
    let course = ours.replace("submissions = []", &format!("submissions = {late}"));
    let file = class.path("course.toml");
    fs::write(&file, course).unwrap();
    file
}

#[test]
fn without_names_everybody_keeps_a_number_and_gets_the_same_points() {
    let class = Class::new();
    for name in ["lovelaceada_4711_99_kit", "builderbob_4712_98_kit"] {
        class.folder(name, &step1("fn main() {}"));
    }
    let download = class.path("download.csv");
    fs::write(&download, CANVAS_SHEET).unwrap();
    let options = ["--anonymous", "--canvas", path(&download)];

    let (status, said) = class.grade(&[&options[..], &["--seed", "7"]].concat());

    assert_eq!(status, 0, "{said}");
    assert!(said.contains("canvas.csv: 2 rows filled in"), "{said}");
    let (key, sheet) = (class.result("key.csv"), class.result("rubric.csv"));
    let row = key.lines().find(|line| line.contains("lovelaceada"));
    let number = row.unwrap().split(',').next().unwrap().to_owned();
    let typed = sheet.replace(&format!("{number},,,"), &format!("{number},4,,fine"));
    assert_ne!(typed, sheet);
    let scores = class.path("typed.csv");
    fs::write(&scores, typed).unwrap();

    let merge = ["--resume", "--anonymous", "--scores", path(&scores)];
    let (status, said) = class.grade(&merge);

    assert_eq!(status, 0, "{said}");
    assert_eq!(class.result("key.csv"), key);
    assert_eq!(class.points(&number).1, Some(4.0));
    let mut shown = said + &class.result("grades.csv") + &class.result("overview.html");
    for page in fs::read_dir(class.out().join("feedback")).unwrap() {
        let page = page.unwrap();
        shown += &page.file_name().into_string().unwrap();
        shown += &fs::read_to_string(page.path()).unwrap();
    }
    assert!(
        !shown.contains("lovelace") && !shown.contains("4711"),
        "{shown}"
    );
    let (status, said) = class.grade(&["--resume"]);
    assert_eq!(status, 0, "{said}");
    assert_eq!(class.points("lovelaceada_4711_99_kit").1, Some(4.0));
}
